package didittest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// message renders the body of one attempt: the same bytes whenever it is asked for, with the
// session as it was after the event.
func (v *Vendor) message(a attempt) []byte {
	l := v.log[a.event]
	x := viewOf(&v.sessions[l.s], int(l.rev)-1)
	w := v.newWriter(0, 16<<10)
	w.now, w.sent = a.at, true
	w.serial = mix(v.seed, forWebhook, uint64(a.event), uint64(a.hook), uint64(a.try))
	w.obj("")
	w.uuid("event_id", newUUID(v.seed, forWebhook, uint64(a.event), uint64(a.hook), 0))
	w.str("webhook_type", a.hook.String())
	w.int("timestamp", int(a.at/second))
	w.int("created_at", int(l.at/second))
	w.uuid("application_id", newUUID(v.seed, forWebhook, 2))
	w.str("environment", "live")
	w.uuid("session_id", x.id())
	w.str("session_kind", map[bool]string{false: "user", true: "business"}[x.business])
	if x.business {
		w.uuid("business_session_id", x.id())
		w.uuid("vendor_business_id", newUUID(x.person, forEntity))
	}
	w.str("status", x.status.String())
	w.uuid("workflow_id", v.workflowID(int(x.workflow)))
	w.int("workflow_version", 1+int(x.workflow)%3)
	w.opt("vendor_data", x.vendorData())
	d := roll(x.seed, forBase, 3)
	w.metadata(&d)
	switch {
	case a.hook == statusUpdated && l.what == resubmit:
		x.resubmitInfo(w)
	case a.hook == statusUpdated:
	case l.what == companyRenamed, l.what == natureFixed:
		w.str("trigger", "console_registry_edit")
	case l.what == hitAdded, l.what == hitDropped, l.what == hitSwapped:
		w.str("trigger", "ongoing_monitoring")
	default:
		w.str("trigger", "manual_review")
	}
	switch x.status {
	case approved, declined, inReview, abandoned:
		w.key("decision")
		v.decision(w, &x, false)
	}
	w.end()
	return w.b
}

// resubmitInfo names the steps to be done again.
func (x *view) resubmitInfo(w *writer) {
	w.obj("resubmit_info")
	w.arr("nodes_to_resubmit")
	for _, f := range x.removed.list() {
		w.obj("")
		w.str("node_id", nodeIDs[f])
		w.str("feature", featureInEvents[f])
		w.end()
	}
	w.endArr()
	w.obj("reasons")
	for _, f := range x.removed.list() {
		w.str(nodeIDs[f], "Please repeat this step.")
	}
	w.end()
	w.end()
}

// signed renders the headers that go with a body.
func (v *Vendor) signed(a attempt, body []byte) []byte {
	key := []byte(v.sharedKey())
	sign := func(b []byte) string {
		m := hmac.New(sha256.New, key)
		m.Write(b)
		return hex.EncodeToString(m.Sum(nil))
	}
	l := v.log[a.event]
	x := viewOf(&v.sessions[l.s], int(l.rev)-1)
	w := writer{}
	w.obj("")
	w.str("Content-Type", "application/json")
	w.str("User-Agent", "DiditWebhook/2.0")
	w.str("X-Timestamp", strconv.FormatInt(a.at/second, 10))
	w.str("X-Signature", sign(body))
	w.str("X-Signature-V2", sign(sorted(body)))
	w.str("X-Signature-Simple", sign(fmt.Appendf(nil, "%d:%s:%s:%s", a.at/second, x.id(), x.status, a.hook)))
	w.end()
	return w.b
}

// sorted is the body with the members of every object in order, for the second signature. A
// body that a content fault has spoiled stays as it is.
func sorted(body []byte) []byte {
	var x any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&x); err != nil {
		return body
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(x); err != nil {
		return body
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
