// Package gcstest runs Google Cloud Storage as a fake inside the process, with faults on demand.
// Only tests import it.
//
// Known gaps of the fake, fake-gcs-server 1.56.1: it forgets the checksum of an upload in several
// requests, it appends a chunk of one that is sent again because its answer got lost, and it deletes in spite of a stale
// generation. So none of these can be tested on it.
package gcstest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"
	"google.golang.org/api/option"
)

// BucketName is the one bucket of a Server.
const BucketName = "kyc-test"

// Location is where the bucket of StartInside lies.
const Location = "EUROPE-WEST1"

// A Server is a fake store that ends with its test.
type Server struct {
	// Faults spoils requests of clients made with Options. Nil: none.
	Faults func(*http.Request) Fault
	// Lag is what each of these requests takes at least. Defaults to none.
	Lag time.Duration

	fake *fakestorage.Server
	base http.RoundTripper
	url  string
}

// Start starts a store with one empty bucket on a free port of 127.0.0.1.
func Start(t testing.TB) *Server {
	t.Helper()
	fake, err := fakestorage.NewServerWithOptions(fakestorage.Options{Scheme: "http", Host: "127.0.0.1"})
	if err != nil {
		t.Fatalf("start fake store: %v", err)
	}
	fake.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: BucketName})
	network := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(func() {
		network.CloseIdleConnections()
		fake.Stop()
	})
	return &Server{fake: fake, base: network, url: fake.URL()}
}

// StartInside starts a store that is reached by calls and not over a network, so that a test in a bubble of
// testing/synctest can wait for minutes that take no time. There it needs a Lag, or who asks again and again never comes
// to a deadline. Other processes cannot reach it.
func StartInside(t testing.TB) *Server {
	t.Helper()
	const url = "http://store.test"
	fake, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, ExternalURL: url, BucketsLocation: Location})
	if err != nil {
		t.Fatalf("start fake store: %v", err)
	}
	fake.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: BucketName})
	return &Server{fake: fake, base: fake.HTTPClient().Transport, url: url}
}

// URI returns the lake URI of a prefix in the bucket.
func (s *Server) URI(prefix string) string { return fmt.Sprintf("gs://%s/%s", BucketName, prefix) }

// Host returns what the environment variable STORAGE_EMULATOR_HOST must be for another process.
func (s *Server) Host() string { return strings.TrimPrefix(s.url, "http://") }

// Options are what a lake's Config.GCSOptions must be to reach the store.
func (s *Server) Options() []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(s.url + "/storage/v1/"),
		option.WithHTTPClient(&http.Client{Transport: transport{s}}),
		option.WithoutAuthentication(), // or the client asks the machine whether it is one of Google
	}
}

// Objects returns the names of all objects in the bucket.
func (s *Server) Objects(t testing.TB) []string {
	t.Helper()
	list, err := s.fake.ListObjectsWithOptionsPaginated(BucketName, fakestorage.ListOptions{})
	if err != nil {
		t.Fatalf("list fake store: %v", err)
	}
	names := make([]string, len(list.Objects))
	for i, o := range list.Objects {
		names[i] = o.Name
	}
	return names
}

// Contents returns the bytes of all objects in the bucket, by name.
func (s *Server) Contents(t testing.TB) map[string]string {
	t.Helper()
	contents := map[string]string{}
	for _, name := range s.Objects(t) {
		o, err := s.fake.GetObject(BucketName, name)
		if err != nil {
			t.Fatalf("read %q in the fake store: %v", name, err)
		}
		contents[name] = string(o.Content)
	}
	return contents
}
