package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/inndx/runs/internal/client"
)

// connect returns a client of a service with the handler.
func connect(t *testing.T, h http.HandlerFunc) *client.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := client.Connect(t.Context(), func(string) string { return "" }, client.Options{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// An entry is an entry of a log.
type entry struct {
	ID         string    `json:"id"`
	Status     string    `json:"status"`
	OccurredAt time.Time `json:"occurred_at"`
}

// A fakeLog serves a log like the API: the last recorded first, in pages of at most search entries
// that are searched, with walks that later entries do not change.
type fakeLog struct {
	search int

	mu      sync.Mutex
	entries []entry // as recorded
	read    int     // how many entries were searched
}

var logStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// record records n entries with a status, one a second.
func (l *fakeLog) record(n int, status string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range n {
		at := len(l.entries)
		l.entries = append(l.entries, entry{fmt.Sprint(at), status, logStart.Add(time.Duration(at) * time.Second)})
	}
}

func (l *fakeLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := r.URL.Query()
	perPage, _ := strconv.Atoi(q.Get("per_page"))
	at := len(l.entries)
	if page := q.Get("page"); page != "" {
		at, _ = strconv.Atoi(page)
	}
	response := map[string]any{"next_page": nil, "searched_until": nil}
	items := []entry{}
	for searched := 0; at > 0; searched++ {
		if len(items) == perPage || searched == l.search {
			response["next_page"] = strconv.Itoa(at)
			if searched == l.search {
				response["searched_until"] = l.entries[at].OccurredAt
			}
			break
		}
		at--
		l.read++
		if statuses := q["statuses"]; statuses == nil || slices.Contains(statuses, l.entries[at].Status) {
			items = append(items, l.entries[at])
		}
	}
	response["items"] = items
	_ = json.NewEncoder(w).Encode(response)
}

// follow returns a follower of the log that writes ids, and what it has written.
func follow(t *testing.T, l *fakeLog, filter url.Values) (*follower, *bytes.Buffer) {
	t.Helper()
	w := newItemWriter(&listFlags{ids: true}, &logs)
	out := new(bytes.Buffer)
	w.w = out
	return newFollower(connect(t, l.ServeHTTP), "r", filter, w), out
}
