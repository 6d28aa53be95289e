package night

import (
	"fmt"
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	c := openCorpus("/tmp/benchcorpus")
	for range 2 {
		for _, f := range []string{c.received, c.canonical} {
			c0 := cpuTime()
			t0 := time.Now()
			if e := ours(c, f, t.TempDir()); e != nil {
				t.Fatal(e)
			}
			fmt.Printf("%s cpu %6.0f ms wall %6.0f\n", f, (cpuTime()-c0).Seconds()*1e3, time.Since(t0).Seconds()*1e3)
		}
	}
}
