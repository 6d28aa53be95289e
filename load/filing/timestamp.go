package filing

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"os"

	"kycsync/load/filing/bag"
)

// MaxTimestamp is how long a time stamp may be, in bytes.
const MaxTimestamp = 64 << 10

// TagManifest returns the file that a time stamp is of. Its hash is what the filing is.
func (p *Package) TagManifest() ([]byte, error) { return os.ReadFile(p.bag.Path(bag.TagManifest)) }

// Stamp adds the answer of an authority for time stamps. It stands in no list, so that the content stays what it is. It is not
// verified: who the authority is and whether it is to be believed is for openssl ts -verify to say. An answer that is none,
// that refuses, or that is of another file is an error.
//
// Source: RFC 3161, section 2.4.2.
func (p *Package) Stamp(token []byte) error {
	body, err := p.TagManifest()
	if err == nil {
		err = fits(token, body)
	}
	if err != nil {
		return err
	}
	return p.bag.Add(bag.Timestamp, token)
}

// fits tells why an answer cannot be a time stamp of the body.
func fits(token, body []byte) error {
	var response struct {
		Status struct {
			Status int
			Rest   []asn1.RawValue `asn1:"optional"`
			Fail   asn1.BitString  `asn1:"optional"`
		}
		Token asn1.RawValue `asn1:"optional"`
	}
	rest, err := asn1.Unmarshal(token, &response)
	switch {
	case len(token) > MaxTimestamp || err != nil || len(rest) > 0:
		return fmt.Errorf("it is no answer of an authority for time stamps (RFC 3161) in DER, of at most %d bytes", MaxTimestamp)
	case response.Status.Status > 1:
		return fmt.Errorf("the authority refused, with status %d", response.Status.Status)
	}
	short, middle, long := sha256.Sum256(body), sha512.Sum384(body), sha512.Sum512(body)
	for _, sum := range [][]byte{short[:], middle[:], long[:]} {
		if bytes.Contains(response.Token.FullBytes, sum) {
			return nil
		}
	}
	return errors.New("it is a time stamp of another file, or by another hash than SHA-256, SHA-384 or SHA-512")
}

// tellTimestamp says how a time stamp can be checked.
func (v *verifier) tellTimestamp() {
	if v.stored.Has(bag.Timestamp) {
		v.skip("time stamp", fmt.Sprintf("There is a time stamp, which was not looked at. Of the unpacked files, with the authority's certificates in tsa.pem: openssl ts -verify -data %s -in %s -CAfile tsa.pem.", bag.TagManifest, bag.Timestamp))
	}
}
