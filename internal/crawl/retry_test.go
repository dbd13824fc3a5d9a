package crawl

import (
	"fmt"
	"testing"
	"time"
)

// The back-off doubles up to a bound, is spread by half of it to either side, and gives way to a
// longer Retry-After.
func TestBackOff(t *testing.T) {
	for attempt, middle := range []time.Duration{
		time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
		time.Minute, time.Minute,
	} {
		t.Run(fmt.Sprint(attempt), func(t *testing.T) {
			shortest, longest := time.Hour, time.Duration(0)
			for range 1000 {
				wait := backOff(attempt, 0)
				shortest, longest = min(shortest, wait), max(longest, wait)
			}
			if shortest < middle/2 || shortest > middle*3/5 || longest > middle*3/2 || longest < middle*7/5 {
				t.Errorf("the wait is between %v and %v, want it spread around %v", shortest, longest, middle)
			}
			if got := backOff(attempt, time.Hour); got != time.Hour {
				t.Errorf("a Retry-After of an hour makes it %v", got)
			}
		})
	}
}
