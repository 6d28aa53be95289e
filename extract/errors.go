package extract

import (
	"errors"
	"fmt"

	"kycsync/schemas"
)

// What a caller decides by. Every error of a request wraps at least one of them, or the context's.
var (
	ErrUnauthorized  = errors.New("the vendor refused the key")
	ErrForbidden     = errors.New("the key may not read this") // and is good all the same
	ErrIneligible    = errors.New("the vendor makes no PDF of a session in its present status")
	ErrGone          = errors.New("the vendor does not know it, or not for this key")
	ErrUnaddressable = errors.New("no path can name it") // was not asked for
	ErrUnavailable   = errors.New("the vendor is unavailable")
	ErrNoAnswer      = errors.New("the vendor answers other requests but not this one")
	ErrThrottled     = errors.New("the vendor kept refusing for too many requests")
	ErrRedirect      = errors.New("unexpected redirect")
	ErrTLS           = errors.New("the vendor's certificate was not accepted")
	ErrStatus        = errors.New("unexpected status")
	ErrBodyTooLarge  = errors.New("body too large")
	ErrUnknownLength = errors.New("body of unknown length")
	ErrMalformed     = errors.New("malformed answer")
	ErrShortPage     = errors.New("page with too few rows") // is only logged: see Page.Short

	errBadRequest = fmt.Errorf("%w 400", ErrStatus)
)

// A RequestError is a request that was given up. Its text names the session by its id and holds
// neither the key nor anything of a person.
type RequestError struct {
	What     string            // "list of user sessions, offset 200", "decision"
	Session  schemas.SessionID // empty: not about one session
	Alone    bool              // it was about one session, user, business or transaction
	Attempts int               // 0: it could not be asked for
	Requests int64             // sent by the client so far, this one included
	Err      error
}

// Error says what failed, why, and how often it was tried.
func (e *RequestError) Error() string {
	what := e.What
	if e.Session != "" {
		what = fmt.Sprintf("%s of session %s", what, e.Session)
	}
	after := fmt.Sprintf(" (attempt %d)", e.Attempts)
	switch {
	case e.Attempts == 0:
		after = ""
	case errors.Is(e.Err, ErrUnauthorized):
		after = fmt.Sprintf(" (request %d of this run)", e.Requests)
	}
	return fmt.Sprintf("%s: %v%s", what, e.Err, after)
}

// Unwrap returns the cause.
func (e *RequestError) Unwrap() error { return e.Err }

// OfSession reports whether err, which came from asking for one session, says nothing about the
// others, so that a run can record it and go on. It holds for one user, business or transaction alike.
func OfSession(err error) bool {
	var re *RequestError
	if !errors.As(err, &re) || re.Session == "" && !re.Alone || errors.Is(err, ErrUnavailable) {
		return false
	}
	for _, own := range []error{ErrGone, ErrIneligible, ErrForbidden, ErrNoAnswer, ErrBodyTooLarge, ErrMalformed, ErrStatus, ErrUnaddressable} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}
