package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/store/storetest"
)

// The units of a request are in its log line and in the metrics of its route. The metrics do not
// name the tenant.
func TestUnitsOfARequest(t *testing.T) {
	var log, recorded bytes.Buffer
	s := api.New(api.Options{
		Store: storetest.New(t), Queue: &recordedQueue{},
		Logger: slog.New(slog.NewJSONHandler(&log, nil)), Metrics: metrics.New(&recorded, "test"),
	})
	type line struct {
		Route      string
		Status     int
		ReadUnits  float64 `json:"read_units"`
		WriteUnits float64 `json:"write_units"`
	}
	type metric struct {
		Function                        string
		Requests, ReadUnits, WriteUnits float64
	}
	call := func(method, path, body string) (l line, m metric) {
		t.Helper()
		log.Reset()
		recorded.Reset()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("X-Tenant-Id", "a-tenant")
		r.Header.Set("Content-Type", "application/json")
		s.Handler().ServeHTTP(httptest.NewRecorder(), r)
		if err := json.Unmarshal(log.Bytes(), &l); err != nil {
			t.Fatalf("not one line: %v: %s", err, &log)
		}
		if err := json.Unmarshal(recorded.Bytes(), &m); err != nil {
			t.Fatalf("not one line: %v: %s", err, &recorded)
		}
		if bytes.Contains(recorded.Bytes(), []byte("a-tenant")) {
			t.Errorf("the metrics name the tenant: %s", &recorded)
		}
		return l, m
	}
	l, m := call("POST", "/v1/jobs", `{"name": "units", "config": {}}`)
	if l.Status != 201 || l.WriteUnits == 0 || m != (metric{"create-job", 1, l.ReadUnits, l.WriteUnits}) {
		t.Errorf("the creation of a job is logged as %+v and recorded as %+v", l, m)
	}
	l, m = call("GET", "/v1/jobs", "")
	if l.Status != 200 || l.ReadUnits == 0 || l.WriteUnits != 0 || m != (metric{"list-jobs", 1, l.ReadUnits, 0}) {
		t.Errorf("a list of jobs is logged as %+v and recorded as %+v", l, m)
	}
	if l, m = call("GET", "/nowhere", ""); l.ReadUnits != 0 || m != (metric{api.NoRoute, 1, 0, 0}) {
		t.Errorf("a request without a route is logged as %+v and recorded as %+v", l, m)
	}
}
