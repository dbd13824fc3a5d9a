package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

// Every response to a write has the ETag of the next GET. A write whose condition does not hold is
// rejected and changes nothing.
func TestIfMatchOfJobs(t *testing.T) {
	c := newService(t).as("acme")
	created := c.do("POST", "/v1/jobs?create_run=true", minimal).want(201)
	path := "/v1/jobs/" + created.job().ID.String()
	if got := created.header.Get("ETag"); got != c.etag(path) {
		t.Errorf("the created job has the ETag %s, then %s", got, c.etag(path))
	}
	old := c.etag(path)
	patched := c.do("PATCH", path, `{"name":"a"}`, "If-Match", `"x", `+old).want(200)
	if patched.header.Get("ETag") != c.etag(path) || c.etag(path) == old {
		t.Error("the ETag of a PATCH is not that of the next GET, or has not changed")
	}
	current := c.etag(path)
	for _, tt := range []struct{ body, name, value string }{
		{`{"name":"b"}`, "If-Match", old},
		{`{}`, "If-Match", old},
		{`{"name":"b"}`, "If-None-Match", current},
		{`{"name":"b"}`, "If-None-Match", "*"},
	} {
		t.Run(tt.body+" with "+tt.name+": "+tt.value, func(t *testing.T) {
			c.in(t).do("PATCH", path, tt.body, tt.name, tt.value).wantStale()
		})
	}
	t.Run("If-Unmodified-Since", func(t *testing.T) {
		c.in(t).do("PATCH", path, `{"name":"b"}`, "If-Unmodified-Since", "Fri, 02 Jan 2026 15:04:05 GMT").
			wantFields("If-Unmodified-Since:unsupported")
	})
	t.Run("not an ETag", func(t *testing.T) {
		c.in(t).do("PATCH", path, `{"name":"b"}`, "If-Match", "x").wantFields("If-Match:format")
	})
	if got := c.do("GET", path, nil).job().Name; got != "a" {
		t.Errorf("a rejected update renamed the job to %s", got)
	}
	t.Run("delete", func(t *testing.T) {
		c := c.in(t)
		c.do("DELETE", "/v1/runs/"+created.job().Run.ID.String(), nil).want(204)
		c.do("DELETE", path, nil, "If-Match", old).wantStale()
		c.do("DELETE", path, nil, "If-Match", "*").want(204)
	})
}

func TestIfMatchOfRuns(t *testing.T) {
	c := newService(t).as("acme")
	r := c.createRun(c.createJob(minimal).ID)
	path := "/v1/runs/" + r.ID.String()
	c.moveTo(r.ID, run.Running)
	for _, step := range []string{"pause", "resume", "stop"} {
		t.Run(step, func(t *testing.T) {
			c := c.in(t)
			old := c.etag(path)
			c.do("PUT", path+"/"+step, nil, "If-Match", `"x"`).wantStale()
			c.do("PUT", path+"/"+step, nil, "If-Match", "W/"+old).wantStale()
			changed := c.do("PUT", path+"/"+step, nil, "If-Match", old).want(200)
			if changed.header.Get("ETag") != c.etag(path) {
				t.Errorf("the ETag of %s is not that of the next GET", step)
			}
			// The transition has happened, but not from the state that the condition names.
			c.do("PUT", path+"/"+step, nil, "If-Match", old).wantStale()
		})
	}
	t.Run("a conflict takes precedence", func(t *testing.T) {
		if got := c.in(t).do("PUT", path+"/pause", nil, "If-Match", `"x"`).want(409).errorBody().Reason; got != "wrong_state" {
			t.Errorf("reason %s", got)
		}
	})
	t.Run("no such run", func(t *testing.T) { c.in(t).do("DELETE", "/v1/runs/"+idA, nil, "If-Match", "*").want(404) })
	t.Run("delete", func(t *testing.T) {
		c := c.in(t)
		c.do("DELETE", path, nil, "If-Match", `"x"`).wantStale()
		gzipped := strings.TrimSuffix(c.etag(path), `"`) + `-gzip"`
		c.do("DELETE", path, nil, "If-Match", gzipped).want(204)
	})
}

// A run that waits for memory says so wherever it is shown, and its ETag is another one then.
func TestWaitingFor(t *testing.T) {
	s := newService(t)
	c := s.as("acme")
	r := c.createRun(c.createJob(minimal).ID)
	ref, path := run.Ref{Tenant: c.tenant, ID: r.ID}, "/v1/runs/"+r.ID.String()
	c.moveTo(r.ID, run.Running)
	old := c.etag(path)
	lease, err := s.store.Acquire(t.Context(), ref, "w", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.Release(t.Context(), lease, run.Handover{WakeAt: time.Now(), WaitingFor: run.WaitMemory}); err != nil {
		t.Fatal(err)
	}
	c.do("PUT", path+"/pause", nil, "If-Match", old).wantStale()
	for _, shown := range []string{path, "/v1/runs?view=summary", "/v1/jobs/" + r.JobID.String() + "/runs"} {
		if got := c.do("GET", shown, nil).want(200).body; !strings.Contains(string(got), `"waiting_for":"memory"`) {
			t.Errorf("%s: %s", shown, got)
		}
	}
	paused := c.do("PUT", path+"/pause", nil, "If-Match", c.etag(path)).want(200)
	if got := string(paused.body); !strings.Contains(got, `"waiting_for":null`) || paused.header.Get("ETag") != c.etag(path) {
		t.Errorf("after the pause: %s", got)
	}
}

// etag returns the ETag of a GET.
func (c client) etag(path string) string {
	c.t.Helper()
	return c.do("GET", path, nil, "Accept-Encoding", "identity").want(200).header.Get("ETag")
}

// wantStale fails the test unless a condition on the ETag was not met.
func (r response) wantStale() {
	r.t.Helper()
	if got := r.want(412).errorBody().Reason; got != string(fault.ReasonETagMismatch) {
		r.t.Errorf("%s: %s", r.call, got)
	}
}

// A long response is compressed if the client accepts gzip, and has an ETag of its own.
func TestGzip(t *testing.T) {
	c := newService(t).as("acme")
	c.createJob(minimal)
	path := "/v1/jobs/" + c.createJob(`{"name":"long","labels":{`+manyLabels(20)+`}}`).ID.String()
	plain := c.do("GET", path, nil, "Accept-Encoding", "identity").want(200)
	packed := c.raw("GET", path, "gzip")
	if packed.header.Get("Content-Encoding") != "gzip" || len(packed.body) >= len(plain.body) {
		t.Fatalf("%v, %d bytes of %d", packed.header, len(packed.body), len(plain.body))
	}
	zr, err := gzip.NewReader(bytes.NewReader(packed.body))
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(zr); err != nil || !bytes.Equal(unpacked, plain.body) {
		t.Errorf("%v: %s", err, unpacked)
	}
	if packed.header.Get("ETag") == plain.header.Get("ETag") {
		t.Error("two representations have the same ETag")
	}
	for _, r := range []response{plain, packed} {
		if r.header.Get("Vary") != "Accept-Encoding" || r.header.Get("Content-Length") != fmt.Sprint(len(r.body)) {
			t.Errorf("%v", r.header)
		}
	}
	if d := cmp.Diff(packed.header.Get("Content-Length"), c.raw("HEAD", path, "gzip").header.Get("Content-Length")); d != "" {
		t.Errorf("HEAD (-get +head):\n%s", d)
	}
	for name, r := range map[string]response{
		"gzip is rejected":       c.raw("GET", path, "gzip;q=0"),
		"no Accept-Encoding":     c.raw("GET", path, ""),
		"a short response":       c.raw("GET", "/v1/runs", "gzip"),
		"a short error response": c.raw("GET", "/v1/runs/"+idA, "gzip"),
	} {
		t.Run(name, func(t *testing.T) {
			if r.header.Get("Content-Encoding") != "" {
				t.Errorf("%s: %v", r.call, r.header)
			}
		})
	}
	t.Run("both ETags match the state", func(t *testing.T) {
		c := c.in(t)
		for _, tag := range []string{plain.header.Get("ETag"), packed.header.Get("ETag")} {
			for _, encoding := range []string{"gzip", "identity"} {
				r := c.do("GET", path, nil, "Accept-Encoding", encoding, "If-None-Match", tag).want(304)
				if want := map[string]response{"gzip": packed, "identity": plain}[encoding].header.Get("ETag"); r.header.Get("ETag") != want {
					t.Errorf("the 304 has the ETag %s, the 200 %s", r.header.Get("ETag"), want)
				}
			}
		}
	})
}

func manyLabels(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"label-%d":"%s"`, i, strings.Repeat("v", 50)))
	}
	return strings.Join(all, ",")
}
