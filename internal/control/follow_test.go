package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/run"
)

// ids returns the ids from one number to another as lines.
func ids(from, to int) string {
	var b strings.Builder
	for n := from; n < to; n++ {
		fmt.Fprintln(&b, n)
	}
	return b.String()
}

// Every entry is printed once, in the order of the log, however many are recorded between two
// rounds.
func TestFollowPrintsEachEntryOnce(t *testing.T) {
	l := &fakeLog{search: 1000}
	f, out := follow(t, l, nil)
	for _, n := range []int{0, 3, 0, 250, 100, 1, 99, 101, 0, 1000} {
		l.record(n, "ok")
		if err := f.round(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), ids(0, len(l.entries)); got != want {
			t.Fatalf("after %d entries: got %d lines", len(l.entries), strings.Count(got, "\n"))
		}
	}
}

// A round reads what is new, and not the log from its beginning.
func TestFollowReadsWhatIsNew(t *testing.T) {
	for name, filter := range map[string]url.Values{"no filter": nil, "a filter without matches": {"statuses": {"error"}}} {
		t.Run(name, func(t *testing.T) {
			l := &fakeLog{search: 100}
			f, out := follow(t, l, filter)
			l.record(20_000, "ok")
			if err := f.round(t.Context(), 20); err != nil {
				t.Fatal(err)
			}
			for range 10 {
				l.record(5, "ok")
				l.read = 0
				if err := f.round(t.Context(), 0); err != nil {
					t.Fatal(err)
				}
				if l.read > 201 {
					t.Fatalf("a round with 5 new entries searched %d", l.read)
				}
				l.read = 0
				if err := f.round(t.Context(), 0); err != nil || l.read > 100 {
					t.Fatalf("a round without new entries searched %d, %v", l.read, err)
				}
			}
			l.record(1, "error")
			l.record(3, "ok")
			if err := f.round(t.Context(), 0); err != nil || !strings.Contains(out.String(), "20050\n") {
				t.Errorf("the new match is not printed: %v", err)
			}
		})
	}
}

// The first round prints the last entries.
func TestFollowBeginsWithTheLast(t *testing.T) {
	l := &fakeLog{search: 100}
	l.record(500, "ok")
	f, out := follow(t, l, nil)
	for _, limit := range []int{150, 0} {
		if err := f.round(t.Context(), limit); err != nil {
			t.Fatal(err)
		}
	}
	if out.String() != ids(350, 500) {
		t.Errorf("got %q", out)
	}
}

// The end of the run is noticed, and what it recorded last is printed.
func TestFollowEndsWithTheRun(t *testing.T) {
	l := &fakeLog{search: 100}
	status := run.Running
	f, out := follow(t, l, nil)
	f.client = connect(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/logs") {
			l.ServeHTTP(w, r)
			return
		}
		l.record(7, "ok")
		if len(l.entries) > 20 {
			status = run.Finished
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "stop_reason": "max_urls"})
	})
	s, err := f.follow(t.Context(), 0)
	if err != nil || s.Status != run.Finished || s.StopReason != run.MaxURLs || out.String() != ids(0, 21) {
		t.Errorf("got %v, %v, and\n%s", s, err, out)
	}
}

// The waiter lets the service wait. An older service refuses the parameter and is polled.
func TestWaiter(t *testing.T) {
	for _, knows := range []bool{true, false} {
		t.Run(fmt.Sprint("the service knows wait: ", knows), func(t *testing.T) {
			var queries []string
			w := &waiter{path: "/v1/runs/r"}
			w.client = connect(t, func(out http.ResponseWriter, r *http.Request) {
				queries = append(queries, r.URL.RawQuery)
				if r.URL.RawQuery != "" && !knows {
					out.WriteHeader(http.StatusUnprocessableEntity)
					fmt.Fprint(out, `{"code":422,"reason":"invalid","message":"the request is invalid","fields":[{"field":"wait","errors":[{"code":"unknown","message":"is not known"}]}]}`)
					return
				}
				status := run.Running
				if len(queries) >= 3 {
					status = run.Finished
				}
				_ = json.NewEncoder(out).Encode(map[string]any{"status": status})
			})
			last := run.Status("")
			for began := time.Now(); last != run.Finished; {
				s, err := w.next(t.Context(), last, time.Second)
				if err != nil || time.Since(began) > time.Minute {
					t.Fatal(err)
				}
				last = s.Status
			}
			want := ",wait=1s&while=running,wait=1s&while=running"
			if !knows {
				want = ",wait=1s&while=running,"
			}
			if got := strings.Join(queries, ","); strings.ReplaceAll(got, "while=running&wait=1s", "wait=1s&while=running") != want {
				t.Errorf("the requests have the queries %q, want %q", got, want)
			}
		})
	}
}
