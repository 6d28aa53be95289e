package lake

import (
	"context"
	"fmt"

	"cloud.google.com/go/storage"
)

// BucketSettings are what a bucket in Google Cloud Storage is set to, as far as it matters to a lake.
type BucketSettings struct {
	Location string // such as EUROPE-WEST1 or EU
	Uniform  bool   // rights are given on the bucket, and no object can be made public by itself
	Private  bool   // public access is prevented, whoever grants it
}

// Settings asks for the bucket's settings. The account needs storage.buckets.get, which no run does; without
// it the error wraps ErrDenied.
func (g *GCS) Settings(ctx context.Context) (BucketSettings, error) {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	a, err := g.handle.Attrs(ctx)
	if err != nil {
		return BucketSettings{}, fmt.Errorf("read the settings of gs://%s: %w", g.bucket, gcsError(err, "storage.buckets.get"))
	}
	return BucketSettings{
		Location: a.Location,
		Uniform:  a.UniformBucketLevelAccess.Enabled,
		Private:  a.PublicAccessPrevention == storage.PublicAccessPreventionEnforced,
	}, nil
}
