package didittest

import (
	"net/http"
)

func (v *Vendor) workflowID(i int) uuid { return newUUID(forWorkflow, uint64(i)) }

func serveHealth(v *Vendor, rt *route, r *http.Request) reply {
	w := writer{}
	w.obj("")
	w.str("status", "ok")
	w.str("timestamp", stamp(v.Clock().UnixMicro()))
	w.end()
	return reply{code: http.StatusOK, body: w.b}
}

func serveBalance(*Vendor, *route, *http.Request) reply {
	return jsonReply(http.StatusOK, `{"balance":"1250.4000","auto_refill_enabled":false,"auto_refill_amount":null,"auto_refill_threshold":null}`)
}

func (v *Vendor) serveWorkflows(rt *route, r *http.Request) reply {
	p, bad := pageOf(r.URL.Query())
	if bad != nil {
		return *bad
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	w := v.newWriter(0, 8<<10)
	w.envelope(r, p, len(workflows), len(workflows))
	from, to := p.slice(len(workflows))
	for i := from; i < to; i++ {
		wf := &workflows[i]
		w.obj("")
		w.uuid("uuid", newUUID(forWorkflow, uint64(i), 1))
		w.uuid("workflow_id", v.workflowID(i))
		w.str("workflow_label", wf.label)
		w.str("workflow_type", map[bool]string{false: "kyc", true: "kyb"}[wf.business])
		w.str("status", "published")
		w.int("version", 1+i%3)
		names := ""
		for _, f := range wf.features.list() {
			if names != "" {
				names += " + "
			}
			names += featureInWorkflow[f]
		}
		w.str("features", names)
		w.bool("is_default", i == 1)
		w.bool("is_archived", false)
		w.bool("is_editable", true)
		w.bool("has_draft", false)
		w.bool("is_simple_workflow", i < 2)
		w.bool("is_white_label_enabled", false)
		w.num("total_price", 0.33, 2)
		w.num("min_price", 0.15, 2)
		w.num("max_price", 1.5, 2)
		w.int("max_retry_attempts", 3)
		w.int("retry_window_days", 7)
		w.int("session_expiration_time", int(lifetime/second))
		w.str("workflow_url", "https://verify.didit.example/u/"+newUUID(forWorkflow, uint64(i), 2).String())
		w.raw("updated_at", `"2025-06-02T08:30:00.000000Z"`)
		w.raw("created_by", `{"type":"user","name":"Console user","email":"owner@customer.example"}`)
		w.end()
	}
	w.endArr()
	w.end()
	return reply{code: http.StatusOK, body: w.b}
}
