package extract

import "runtime/debug"

// A Defect is a panic on its way from a goroutine to the one that waits for its work, and panics with it again. There it
// can be met; where it happened it would end the process, with the words of the panic, which may hold a value.
type Defect struct {
	Value any
	Stack []byte // of where it happened
}

// Caught runs work and returns its panic, nil if there was none. A Defect is returned as it is.
func Caught(work func()) (d *Defect) {
	defer func() {
		if v := recover(); v != nil {
			var again bool
			if d, again = v.(*Defect); !again {
				d = &Defect{v, debug.Stack()}
			}
		}
	}()
	work()
	return nil
}
