package schemas

import "iter"

// A Register holds values by key, as a map does, where there are hundreds of thousands of large ones: they lie
// side by side, are looked at where they are, and come in the order in which their keys came first. A nil
// Register is empty.
type Register[K comparable, V any] struct {
	place  map[K]int32
	values []V
}

// NewRegister returns an empty one with room for so many.
func NewRegister[K comparable, V any](room int64) *Register[K, V] {
	return &Register[K, V]{make(map[K]int32, room), make([]V, 0, room)}
}

// Len is the number of keys.
func (r *Register[K, V]) Len() int {
	if r == nil {
		return 0
	}
	return len(r.values)
}

// Put sets the value of a key.
func (r *Register[K, V]) Put(key K, value V) {
	if i, ok := r.place[key]; ok {
		r.values[i] = value
		return
	}
	r.place[key] = int32(len(r.values))
	r.values = append(r.values, value)
}

// Get returns the value of a key, the zero value if there is none.
func (r *Register[K, V]) Get(key K) (value V) {
	if v := r.Look(key); v != nil {
		value = *v
	}
	return value
}

// Look returns the value of a key where it is, to be read and not kept; nil if there is none.
func (r *Register[K, V]) Look(key K) *V {
	if r == nil {
		return nil
	}
	if i, ok := r.place[key]; ok {
		return &r.values[i]
	}
	return nil
}

// All are the values, where they are, to be read and not kept. What is put for one of their keys meanwhile
// takes the place of the old value.
func (r *Register[K, V]) All() iter.Seq[*V] {
	return func(yield func(*V) bool) {
		for i := range r.Len() {
			if !yield(&r.values[i]) {
				return
			}
		}
	}
}
