package didittest

import "encoding/hex"

// A presigned link: it differs on each call and is good for an hour of the vendor's clock.
// Part of each signature is the same for one vendor, so that a test which looks for leaked
// signatures needs to know one text only.
const (
	mediaHost  = "https://media.didit.example"
	credential = "AKIAVENDORFAKE7Q2LXZ"
)

// media writes a presigned link to the file of that name.
func (w *writer) media(k, name string) {
	if w.noMedia {
		w.null(k)
		return
	}
	if !w.key(k) {
		return
	}
	w.counts[nMedia]++
	if w.stable {
		w.b = appendQuoted(w.b, name)
		return
	}
	b := append(w.b, '"')
	b = append(b, mediaHost+"/media-"...)
	b = append(b, hexDigits[mix(w.shard, uint64(w.now/day))&15], '/')
	b = append(b, w.id...)
	b = append(b, '/')
	b = append(b, name...)
	b = append(b, "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="+credential+"%2F"...)
	b = at(w.now).AppendFormat(b, "20060102")
	b = append(b, "%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date="...)
	b = at(w.now).AppendFormat(b, "20060102T150405Z")
	b = append(b, "&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature="...)
	b = append(b, signatureCanary...)
	w.links++
	d := roll(w.serial, w.links, forMedia)
	var sig [24]byte
	for i := 0; i < len(sig); i += 8 {
		x := d.next()
		for j := range 8 {
			sig[i+j] = byte(x >> (8 * j))
		}
	}
	b = hex.AppendEncode(b, sig[:])
	w.b = append(b, '"')
}

const signatureCanary = "5ec7e7f00dba5e1d"

// medias writes an array of presigned links.
func (w *writer) medias(k string, names ...string) {
	w.arr(k)
	for _, n := range names {
		w.media("", n)
	}
	w.endArr()
}
