package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"kycsync/cmd/kycsync/night"
	"kycsync/load/lake"
	"kycsync/load/publish"
	"kycsync/load/warehouse"
)

// An advice is what a person reads under an error: what it left as it was, and what to do next.
type advice struct {
	verb string // command; "": any
	err  error  // what went wrong; nil: anything
	and  error  // what else did, where both tell more than one
	left string // "": what the command leaves, see untouched
	next string
}

const (
	rebuilt    = "kycsync rebuild makes the warehouse again from the lake."
	inTheLake  = "Published in the lake."
	lookDeeper = "Run kycsync verify to see what is damaged, and kycsync recover to see what can be restored, before anything else."
)

// advices by exit code; the first that fits is given.
var advices = map[int][]advice{
	exitUsage: {
		{verb: "doctor", err: lake.ErrUnsuitable, left: "Keep the lake in another store:", next: "in this one commits could be lost or doubled."},
	},
	exitAgain: {
		{err: night.ErrStaged, left: "Nothing was changed.", next: "Run kycsync sync until it publishes, then the same command again."},
		{left: "Nothing is lost.", next: "Run the same command again."},
	},
	exitCredentials: {
		{err: lake.ErrDenied, next: "Grant the permission and run again."},
		{err: fs.ErrPermission, next: "Grant the permission and run again."},
		{next: "Check the key in the vendor's console (API keys), then run again."},
	},
	exitGate: {
		{err: errOverdue, left: "The other filings stand.", next: "Each line says what keeps it; kycsync filing due lists them, and kycsync filing run makes what can be made."},
		{err: errChecks, left: "Nothing was changed.", next: "kycsync check rows NAME lists all that a check found, kycsync verify holds the warehouse against the lake, kycsync rebuild makes it again, and kycsync check waive --reason TEXT --until DAY NAME lets it pass."},
		{left: "Readers keep the last good generation.", next: "Look at kycsync status, then run again."},
	},
	exitDamaged: {
		{err: errBadFiling, left: "Do not rely on it.", next: "Ask whoever sent it for another copy, and for the fingerprint of the key by another way."},
		{err: errOther, left: "Nothing was changed.", next: "kycsync verify holds the warehouse against the lake; kycsync rebuild makes it again."},
		{err: errBadWarehouse, left: "Nothing was changed.", next: rebuilt},
		{err: night.ErrFewer, left: "Nothing was changed.", next: "Run kycsync verify; if it finds nothing, this version of kycsync reads less than the one that stored the rows."},
		{verb: "fetch-warehouse", left: "The warehouse that was there stays.", next: "Run it again; if it ends so once more, ask for an older one with --seq. Where the lake is, kycsync rebuild and kycsync warehouse publish put a new one there."},
		{verb: "warehouse", err: warehouse.ErrMismatch, left: "Nothing was published.", next: rebuilt},
		{verb: "verify", err: publish.ErrMismatch, next: "What was read of the lake and the warehouse is whole; each line PROBLEM says how what other engines read is made anew."},
		{verb: "verify", next: "Each line PROBLEM names what is damaged; bring it back from a copy before the next run, or see kycsync recover."},
		{err: publish.ErrMismatch, left: "Nothing of the lake was changed, and other engines keep what they had.", next: "kycsync verify tells whether the lake itself is whole."},
		{err: night.ErrMerge, left: "Published.", next: lookDeeper},
		{verb: "recover", next: "kycsync verify tells what is damaged."},
		{next: lookDeeper},
	},
	exitDegraded: {
		{err: errNoAnchor, left: "Published.", next: "Once the place can be written, the next run keeps the newest anchor there, which covers this one."},
		{err: errUnsent, left: "Published.", next: "Once the program of --anchor-command works, the next run sends the newest anchor, which covers this one."},
		{err: night.ErrPDFs, left: "Published.", next: "Whatever else the night stored is there; PDFs that are archived stay, and the next run asks for the others."},
		{verb: "sync", err: errDegraded, left: "Published.", next: "SELECT * FROM rejects tells which elements could not be read."},
		{err: night.ErrUnlisted, and: night.ErrDeferred, left: inTheLake, next: "kycsync rebuild brings the warehouse up to date, and kycsync publish leads other engines to it."},
		{err: night.ErrUnlisted, left: "Published.", next: "kycsync publish leads other engines to it."},
		{left: inTheLake, next: "kycsync rebuild brings the warehouse up to date."},
	},
	exitFailed: {
		{verb: "publish", next: "Running again finishes what was begun."},
		{next: "Running again is safe."},
	},
}

// hint says what was not changed and what to do next.
func hint(verb string, code int, err error) string {
	if held := heldBack(err); held != nil && code == exitGate {
		return fmt.Sprintf("The lake has the commit; readers keep the warehouse that they have. kycsync check --warehouse %s asks what was built, kycsync rebuild and the next kycsync sync try again, and kycsync check waive --reason TEXT --until DAY NAME lets it pass.", held.Build)
	}
	for _, a := range advices[code] {
		switch {
		case a.verb != "" && a.verb != verb, a.err != nil && !errors.Is(err, a.err), a.and != nil && !errors.Is(err, a.and):
		case a.left == "":
			return untouched(verb) + " " + a.next
		default:
			return a.left + " " + a.next
		}
	}
	if code == exitUsage {
		return strings.TrimSpace("Nothing was changed. See kycsync help "+verb) + "."
	}
	return ""
}

// untouched says what a command that fails half way leaves as it was.
func untouched(verb string) string {
	switch verb {
	case "sync", "demo":
		return "Nothing was published; what was committed before is kept."
	case "compact", "gc":
		return "No row was changed, and nothing that readers follow."
	case "recover":
		return "No sound commit was changed, and no row."
	case "publish":
		return "Nothing of the lake was changed."
	}
	return "Nothing was changed."
}
