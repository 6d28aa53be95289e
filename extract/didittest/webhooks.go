package didittest

import (
	"cmp"
	"slices"
)

// A webhook is the kind of message that a change sends to the destination.
type webhook uint8

const (
	statusUpdated webhook = iota
	dataUpdated
)

var webhookNames = [...]string{"status.updated", "data.updated"}

func (h webhook) String() string { return webhookNames[h] }

// An attempt is one try to deliver a message. Each is a row of the log, which starts empty.
type attempt struct {
	at    int64
	event int32 // index of the event log
	hook  webhook
	try   uint8  // from 0
	code  uint16 // 0: no answer in time
	ms    uint16
}

// messages returns what the last event of a session sends. Nothing is sent for what comes or
// goes (created, imported, deleted), for a rescan that only scores known hits anew, and for any
// rescan of a company that leaves its status alone.
func messages(l logged, s *session) []webhook {
	if l.kind != changed {
		return nil
	}
	switch l.what {
	case moved, reviewed, resubmit, redone:
		return []webhook{statusUpdated}
	case overridden, hitJudged, nameFixed, birthplaceFixed, issuerFixed, companyRenamed, natureFixed:
		return []webhook{dataUpdated}
	case rescored:
		return nil
	case hitAdded, hitDropped, hitSwapped:
		var hooks []webhook
		if before := viewOf(s, int(l.rev)-2); before.status != s.status {
			hooks = append(hooks, statusUpdated)
		}
		if !s.business {
			hooks = append(hooks, dataUpdated)
		}
		return hooks
	}
	panic("unknown change")
}

// announce plans the attempts that the newest event leads to: at once, and after a failure that
// may pass about one and four minutes later.
func (v *Vendor) announce() {
	n := len(v.log) - 1
	l := v.log[n]
	s := &v.sessions[l.s]
	for _, h := range messages(l, s) {
		d := roll(s.seed, forWebhook, uint64(l.at), uint64(h))
		first := l.at + int64(d.between(200, 2500))*second/1000
		for try, wait := range []int64{0, minute, 4 * minute} {
			a := attempt{at: first + wait + int64(try)*int64(d.n(8000))*second/1000, event: int32(n), hook: h, try: uint8(try)}
			a.code, a.ms = 200, uint16(d.between(40, 900))
			if d.chance([]float64{0.15, 0.4, 0.5}[try]) {
				a.code = pick(&d, []uint16{500, 502, 503, 504, 404, 403, 0, 0})
			}
			if a.code == 0 {
				a.ms = 5000
			}
			at, _ := slices.BinarySearchFunc(v.attempts, a.at, func(a attempt, t int64) int { return cmp.Compare(a.at, t+1) })
			v.attempts = slices.Insert(v.attempts, at, a)
			if a.code < 500 && a.code != 404 && a.code != 0 {
				break
			}
		}
	}
}

// attempted returns the attempts made until now, oldest first. The caller holds mu.
func (v *Vendor) attempted() []attempt {
	n, _ := slices.BinarySearchFunc(v.attempts, v.now, func(a attempt, t int64) int { return cmp.Compare(a.at, t+1) })
	return v.attempts[:n]
}

// Announced returns how many changes of a session the delivery log tells of until now, whether or
// not a delivery succeeded. There is none without Options.Webhook.
func (v *Vendor) Announced(id string) int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	u, _ := parseUUID(id)
	i, ok := v.byID[u]
	if !ok {
		return 0
	}
	events := map[int32]bool{}
	for _, a := range v.attempted() {
		if uint32(v.log[a.event].s) == i {
			events[a.event] = true
		}
	}
	return len(events)
}

// The one destination, and what signs its messages.
func (v *Vendor) destination() uuid { return newUUID(v.seed, forWebhook) }

func (v *Vendor) sharedKey() string {
	d := roll(v.seed, forWebhook, 1)
	return d.text(base62, 43)
}

func (v *Vendor) deliveryID(a attempt) uuid {
	return newUUID(v.seed, forWebhook, uint64(a.event), uint64(a.hook), uint64(a.try)+1)
}
