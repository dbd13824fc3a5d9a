//go:build soak

package main_test

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// TestSoakKills kills services for the time SOAKTIME, each twenty times in one crawl.
func TestSoakKills(t *testing.T) {
	span, err := time.ParseDuration(os.Getenv("SOAKTIME"))
	if err != nil {
		t.Fatal("SOAKTIME must be a duration such as 2m: ", err)
	}
	const pages = 1500
	kills, crawls, recorded, lost, doubled := 0, 0, 0, 0, 0
	for end := time.Now().Add(span); time.Now().Before(end); {
		v := newKillTest(t, pages, rand.Uint64())
		for v.rounds < 20 && (time.Now().Before(end) || v.rounds == 0) {
			v.round()
		}
		h := v.finish()
		kills += v.rounds
		crawls++
		recorded += len(h.Outcomes)
		lost += len(v.lost(h))
		doubled += len(h.Doubled)
	}
	t.Logf("%d kills of the service and its database, %d crawls finished, %d URLs recorded, %d lost, %d doubled",
		kills, crawls, recorded, lost, doubled)
	if lost > 0 || doubled > 0 {
		t.Errorf("%d URLs lost, %d doubled", lost, doubled)
	}
}
