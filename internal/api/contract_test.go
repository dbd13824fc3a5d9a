package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

const keyHeader = "Idempotency-Key"

// The same request with the same key is given the first answer again, for a day and whatever
// becomes of what it created.
func TestIdempotencyKey(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	c := newService(t, store.WithClock(func() time.Time { return now })).as("acme")
	same := func(first, again reply) {
		t.Helper()
		if again.status != first.status || !bytes.Equal(again.body, first.body) {
			t.Errorf("%s: %d %s, first %d %s", first.call, again.status, again.body, first.status, first.body)
		}
		for _, name := range []string{"Location", "ETag", "Content-Type"} {
			if a, f := again.header.Get(name), first.header.Get(name); a != f || a == "" {
				t.Errorf("%s: %s is %q, first %q", first.call, name, a, f)
			}
		}
	}
	const job = `{"name":"docs","labels":{"a":"b","c":"1"},"config":{"speed":{"concurrency":3}}}`
	j := c.do("POST", "/v1/jobs?create_run=true", job, keyHeader, "k1").want(201)
	created := j.job()
	runs := "/v1/jobs/" + created.ID.String() + "/runs"
	r := c.do("POST", runs, nil, keyHeader, "k1").want(201) // another route: another key
	c.queue.take()

	same(j, c.do("POST", "/v1/jobs?create_run=true", job, keyHeader, "k1"))
	same(j, c.do("POST", "/v1/jobs?create_run=true", `{"config": {"speed": {"concurrency": 3}}, "labels": {"c": "1", "a": "b"}, "name": "docs"}`, keyHeader, `"k1"`))
	same(r, c.do("POST", runs, `{}`, keyHeader, "k1"))
	if sent := c.queue.take(); len(sent) != 3 { // the process may have died before it sent the first
		t.Errorf("%d wake-ups", len(sent))
	}

	// Other requests with the key.
	for _, other := range []reply{
		c.do("POST", "/v1/jobs", job, keyHeader, "k1"),
		c.do("POST", "/v1/jobs?create_run=true", strings.Replace(job, "3", "3.0", 1), keyHeader, "k1"),
		c.do("POST", "/v1/jobs?create_run=true", `{"name":"docs"}`, keyHeader, "k1"),
		c.do("POST", runs, `{"id":"`+idB+`"}`, keyHeader, "k1"),
		c.do("POST", "/v1/jobs/"+idA+"/runs", nil, keyHeader, "k1"),
	} {
		if other.status == 422 && other.failure().Reason == string(fault.ReasonInvalid) {
			continue // 3.0 is no integer
		}
		other.wantFields(keyHeader + ":reused")
		if got := other.failure().Reason; got != string(fault.ReasonIdempotencyKeyReused) {
			t.Errorf("%s: reason %s", other.call, got)
		}
	}
	other := c.as("beta").do("POST", "/v1/jobs?create_run=true", job, keyHeader, "k1").want(201).job()
	if other.ID == created.ID {
		t.Error("a key of another tenant is this one's")
	}

	// The answer stays the first one.
	c.do("PATCH", "/v1/jobs/"+created.ID.String(), `{"name":"other"}`).want(200)
	for _, id := range []uuid.UUID{created.Run.ID, r.run().ID} {
		c.do("PUT", "/v1/runs/"+id.String()+"/stop", nil).want(200)
		c.do("DELETE", "/v1/runs/"+id.String(), nil).want(204)
	}
	c.do("DELETE", "/v1/jobs/"+created.ID.String(), nil).want(204)
	now = now.Add(24*time.Hour - time.Second)
	same(j, c.do("POST", "/v1/jobs?create_run=true", job, keyHeader, "k1"))
	same(r, c.do("POST", runs, nil, keyHeader, "k1"))
	c.do("GET", "/v1/jobs/"+created.ID.String(), nil).want(404)
	now = now.Add(time.Second)
	c.do("POST", runs, nil, keyHeader, "k1").want(404)
	if id := c.do("POST", "/v1/jobs?create_run=true", job, keyHeader, "k1").want(201).job().ID; id == created.ID {
		t.Error("after a day the key is not free")
	}

	// An error leaves the key free.
	c.do("POST", "/v1/jobs", `{}`, keyHeader, "k2").want(422)
	c.do("POST", "/v1/jobs", minimal, keyHeader, "k2").want(201)

	for _, bad := range []string{"", `"`, "a b", "é", strings.Repeat("k", 256)} {
		c.do("POST", "/v1/jobs", minimal, keyHeader, bad).wantFields(keyHeader + ":format")
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		path, body := "/v1/jobs/"+idA, any(nil)
		switch method {
		case "PUT":
			path = "/v1/runs/" + idA + "/stop"
		case "PATCH":
			body = `{}`
		}
		c.do(method, path, body, keyHeader, "k").wantFields(keyHeader + ":unsupported")
	}
	c.do("GET", "/v1/jobs", nil, keyHeader, "k").want(200)
}

// Of requests with one key that come at once, each is answered alike or told to try again.
func TestIdempotencyKeyAtOnce(t *testing.T) {
	c := newService(t).as("acme")
	var mu sync.Mutex
	bodies := map[string]bool{}
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			r := c.do("POST", "/v1/jobs?create_run=true", minimal, keyHeader, "at-once")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case r.status == 201:
				bodies[string(r.body)] = true
			case r.status != 409 || r.failure().Reason != string(fault.ReasonRequestInProgress):
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
	group.Wait()
	if n := len(c.do("GET", "/v1/runs", nil).want(200).runs().Items); len(bodies) != 1 || n != 1 {
		t.Errorf("%d answers, %d runs", len(bodies), n)
	}
}

// An answer's ETag is that of the next GET, and a change with another one is refused and
// changes nothing.
func TestIfMatch(t *testing.T) {
	c := newService(t).as("acme")
	made := c.do("POST", "/v1/jobs?create_run=true", minimal).want(201)
	jobPath, runPath := "/v1/jobs/"+made.job().ID.String(), "/v1/runs/"+made.job().Run.ID.String()
	tag := func(path string) string {
		t.Helper()
		return c.do("GET", path, nil, "Accept-Encoding", "identity").want(200).header.Get("ETag")
	}
	if got := made.header.Get("ETag"); got != tag(jobPath) {
		t.Errorf("the created job has the ETag %s, then %s", got, tag(jobPath))
	}
	stale := func(r reply) {
		t.Helper()
		if got := r.want(412).failure().Reason; got != string(fault.ReasonETagMismatch) {
			t.Errorf("%s: %s", r.call, got)
		}
	}
	old := tag(jobPath)
	patched := c.do("PATCH", jobPath, `{"name":"a"}`, "If-Match", `"x", `+old).want(200)
	if patched.header.Get("ETag") != tag(jobPath) || tag(jobPath) == old {
		t.Error("a PATCH answers another ETag than the next GET, or the same as before")
	}
	stale(c.do("PATCH", jobPath, `{"name":"b"}`, "If-Match", old))
	stale(c.do("PATCH", jobPath, `{}`, "If-Match", old))
	stale(c.do("PATCH", jobPath, `{"name":"b"}`, "If-None-Match", tag(jobPath)))
	stale(c.do("PATCH", jobPath, `{"name":"b"}`, "If-None-Match", "*"))
	c.do("PATCH", jobPath, `{"name":"b"}`, "If-Unmodified-Since", "Fri, 02 Jan 2026 15:04:05 GMT").wantFields("If-Unmodified-Since:unsupported")
	c.do("PATCH", jobPath, `{"name":"b"}`, "If-Match", "x").wantFields("If-Match:format")
	if got := c.do("GET", jobPath, nil).job().Name; got != "a" {
		t.Errorf("the job is now called %s", got)
	}

	c.bring(made.job().Run.ID, run.Running)
	for _, step := range []string{"pause", "resume", "stop"} {
		old := tag(runPath)
		stale(c.do("PUT", runPath+"/"+step, nil, "If-Match", `"x"`))
		stale(c.do("PUT", runPath+"/"+step, nil, "If-Match", "W/"+old))
		changed := c.do("PUT", runPath+"/"+step, nil, "If-Match", old).want(200)
		if changed.header.Get("ETag") != tag(runPath) {
			t.Errorf("%s answers another ETag than the next GET", step)
		}
		stale(c.do("PUT", runPath+"/"+step, nil, "If-Match", old)) // done, but not on this state
	}
	// What refuses the change without a condition comes first.
	if got := c.do("PUT", runPath+"/pause", nil, "If-Match", `"x"`).want(409).failure().Reason; got != "wrong_state" {
		t.Errorf("%s", got)
	}
	c.do("DELETE", "/v1/runs/"+idA, nil, "If-Match", "*").want(404)
	stale(c.do("DELETE", runPath, nil, "If-Match", `"x"`))
	gzipped := strings.TrimSuffix(tag(runPath), `"`) + `-gzip"`
	c.do("DELETE", runPath, nil, "If-Match", gzipped).want(204)
	stale(c.do("DELETE", jobPath, nil, "If-Match", old))
	c.do("DELETE", jobPath, nil, "If-Match", "*").want(204)
}

// Long answers are compressed for clients that ask for it, and say what they are then.
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
		t.Error("two representations have one ETag")
	}
	for _, r := range []reply{plain, packed} {
		if r.header.Get("Vary") != "Accept-Encoding" || r.header.Get("Content-Length") != fmt.Sprint(len(r.body)) {
			t.Errorf("%v", r.header)
		}
	}
	if d := cmp.Diff(packed.header.Get("Content-Length"), c.raw("HEAD", path, "gzip").header.Get("Content-Length")); d != "" {
		t.Errorf("HEAD (-get +head):\n%s", d)
	}
	for _, r := range []reply{
		c.raw("GET", path, "gzip;q=0"), c.raw("GET", path, ""), c.raw("GET", "/v1/runs", "gzip"), c.raw("GET", "/v1/runs/"+idA, "gzip"),
	} {
		if r.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %v", r.call, r.header)
		}
	}
	// Each tag stands for the state, however it was sent.
	for _, tag := range []string{plain.header.Get("ETag"), packed.header.Get("ETag")} {
		for _, encoding := range []string{"gzip", "identity"} {
			r := c.do("GET", path, nil, "Accept-Encoding", encoding, "If-None-Match", tag).want(304)
			if want := map[string]reply{"gzip": packed, "identity": plain}[encoding].header.Get("ETag"); r.header.Get("ETag") != want {
				t.Errorf("the 304 has the ETag %s, the 200 %s", r.header.Get("ETag"), want)
			}
		}
	}
}

func manyLabels(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"label-%d":"%s"`, i, strings.Repeat("v", 50)))
	}
	return strings.Join(all, ",")
}

// raw calls without a body and without what Go's client does to one that is compressed.
func (c client) raw(method, path, acceptEncoding string) reply {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", string(c.tenant))
	if acceptEncoding != "" {
		req.Header.Set("Accept-Encoding", acceptEncoding)
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	r := reply{t: c.t, call: method + " " + path, url: req.URL, status: resp.StatusCode, header: resp.Header}
	if r.body, err = io.ReadAll(resp.Body); err != nil {
		c.t.Fatal(err)
	}
	return r
}

// The root leads to the documents, whose curl lines call the address that they were read at.
func TestRootAndDocs(t *testing.T) {
	c := newService(t).as("acme").beyond()
	r := c.raw("GET", "/", "")
	if got := r.reach(r.header.Get("Location")); r.status != 302 || got != "/.well-known/docs" {
		t.Errorf("%d to %q", r.status, got)
	}
	page := c.do("GET", "/.well-known/docs", nil).want(200)
	if !strings.Contains(string(page.body), "curl -X PUT &#39;"+c.url+"/v1/runs/") || strings.Contains(string(page.body), "localhost:8022") {
		t.Error("the curl lines call another address")
	}
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("Content-Security-Policy %q", csp)
	}
	for _, host := range []string{`evil"><script>`, "a'b", "a$(b)", "a`b`"} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", c.url+"/.well-known/docs", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			continue // it cannot even be sent
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if strings.Contains(string(body), host) {
			t.Errorf("the page has the Host %s", host)
		}
	}
}

// Every reason that a caller can bring about is given by the answer it belongs to. Those of
// requests that reach no handler, of other origins and of a store that fails have tests of
// their own: reasonsElsewhere.
func TestReasons(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(`{"name":"docs","config":{"starting_criteria":[{"kind":"exclusive","params":{"by":"job_id","limit":1}}]}}`)
	jobPath := "/v1/jobs/" + j.ID.String()
	first := c.do("POST", jobPath+"/runs", `{"id":"`+idB+`"}`, keyHeader, "k").want(201).run()
	runPath := "/v1/runs/" + first.ID.String()
	free := c.createJob(minimal)
	got := map[string]int{}
	note := func(r reply) {
		t.Helper()
		f := r.failure()
		if f.Message == "" || f.Reason == "" {
			t.Errorf("%s: %s", r.call, r.body)
		}
		got[f.Reason] = r.status
	}
	note(c.do("POST", jobPath+"/runs", nil))
	note(c.do("POST", "/v1/jobs/"+free.ID.String()+"/runs", `{"id":"`+idB+`"}`))
	note(c.do("PUT", runPath+"/pause", nil))
	note(c.do("DELETE", jobPath, nil))
	note(c.do("POST", jobPath+"/runs", `{}`, keyHeader, "k", "If-Match", "*"))
	note(c.do("POST", jobPath+"/runs", `{"id":"`+idA+`"}`, keyHeader, "k"))
	note(c.do("PUT", runPath+"/stop", nil, "If-Match", `"x"`))
	note(c.do("GET", "/v1/runs?page=x", nil))
	note(c.do("POST", "/v1/jobs", `{`))
	note(c.do("POST", "/v1/jobs", `{}`, "Content-Type", "text/plain"))
	note(c.do("POST", "/v1/jobs", strings.Repeat(" ", 256<<10+1)))
	note(c.do("GET", "/v1/jobs/"+idA, nil))
	note(c.do("GET", "/v1/runs/"+idA, nil))
	note(c.do("GET", "/v1/nothing", nil))
	note(c.do("POST", "/v1/runs", nil))
	c.do("DELETE", runPath, nil).want(204)
	note(c.do("POST", jobPath+"/runs", `{"id":"`+idB+`"}`))
	want := map[string]int{
		"exclusive": 409, "exists": 409, "wrong_state": 409, "unfinished_runs": 409, "being_deleted": 409, "invalid": 422,
		"idempotency_key_reused": 422, "invalid_cursor": 422, "etag_mismatch": 412, "malformed_body": 400,
		"unsupported_media_type": 415, "body_too_large": 413, "no_such_job": 404, "no_such_run": 404, "no_such_path": 404,
		"wrong_method": 405,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, r := range fault.Reasons() {
		if _, here := want[string(r)]; here == slices.Contains(reasonsElsewhere, r) {
			t.Errorf("%s is not shown by exactly one of the tests", r)
		}
	}
}

var reasonsElsewhere = []fault.Reason{
	fault.ReasonMalformedRequest, fault.ReasonExpectation, fault.ReasonHeaderTooLarge, fault.ReasonTransferEncoding, fault.ReasonHTTPVersion, // TestRequestsThatReachNoHandler
	fault.ReasonForeignHost, fault.ReasonForeignOrigin, // TestForeignHosts, TestForeignPages
	fault.ReasonNoTenant, fault.ReasonOtherTenant, // of tokens: TestTenantOfToken in lambdafn
	fault.ReasonRequestInProgress, fault.ReasonConfigOutdated, // TestKeyInProgress, TestOutdatedConfig in store
	fault.ReasonInternal, fault.ReasonStoreThrottled, fault.ReasonStoreBusy, fault.ReasonStoreUnavailable, fault.ReasonTimeout, // TestErrorsBecomeStatuses, TestErrorsOfDynamoDB
}
