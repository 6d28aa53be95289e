package night

import (
	"context"

	"kycsync/extract"
)

// A Forecast is what a run would do.
type Forecast struct {
	Listed       int64 // sessions the vendor lists
	Known        int64 // sessions in the lake
	ListRequests int64 // spent for the forecast
	extract.Estimate
}

// Plan lists all sessions and says what a run would fetch. It writes nothing.
func Plan(ctx context.Context, cfg Config) (*Forecast, error) {
	cfg.defaults()
	r := newRun(cfg)
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	defer r.forget()
	var err error
	if r.listing, err = newListing(r.WorkDir); err != nil {
		return nil, err
	}
	if err := r.sweep(ctx); err != nil {
		return nil, err
	}
	r.findAbsent()
	tasks := r.plan()
	stats := r.Client.Stats()
	return &Forecast{Listed: r.Listed, Known: r.Known, ListRequests: stats.Requests(), Estimate: extract.EstimateOf(tasks, r.PerMinute)}, nil
}
