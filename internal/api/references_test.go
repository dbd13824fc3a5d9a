package api

import (
	"net/url"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
)

// A relative reference leads to the right URL behind any prefix of the path (RFC 3986, section 5).
func TestReferencesWorkBehindPrefixes(t *testing.T) {
	id := uuid.MustParse(idA)
	next := pageResponse(&request{Request: newRequest("GET", "/v1/jobs/"+idB+"/runs?per_page=2&labels[a%26]=b&page=old")},
		paging.Page[int]{Next: "new"}, func(i int) int { return i }).next
	for _, prefix := range []string{"", "/prod", "/a/b", "/v1", "/pro%2Fd"} {
		for _, tt := range []struct{ from, reference, want string }{
			{"/v1/jobs", jobLocation(job.Job{ID: id}), "/v1/jobs/" + idA},
			{"/v1/jobs?create_run=true", jobLocation(job.Job{ID: id}), "/v1/jobs/" + idA},
			{"/v1/jobs/" + idB + "/runs", runLocation(id), "/v1/runs/" + idA},
			{"/v1/jobs/" + idB + "/runs?per_page=2", next, "/v1/jobs/" + idB + "/runs?per_page=2&labels%5Ba%26%5D=b&page=new"},
			{"/v1/runs", "?page=x%3Ay", "/v1/runs?page=x%3Ay"},
			{"/", ".well-known/docs", "/.well-known/docs"},
		} {
			base, err := url.Parse("https://api.example:8443" + prefix + tt.from)
			if err != nil {
				t.Fatal(err)
			}
			reference, err := url.Parse(tt.reference)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := base.ResolveReference(reference).String(), "https://api.example:8443"+prefix+tt.want; got != want {
				t.Errorf("%s from %s: %s, want %s", tt.reference, base, got, want)
			}
		}
	}
	// A path with a trailing slash is another path, which has no references.
	s, _ := newStubServer(nil)
	for _, path := range []string{"/v1/jobs/", "/v1/jobs/" + idB + "/runs/", "/v1/runs/"} {
		for _, method := range []string{"GET", "POST"} {
			resp := call(s.Handler(), method, path)
			if resp.StatusCode != 404 || resp.Header.Get("Link")+resp.Header.Get("Location") != "" {
				t.Errorf("%s %s: %d %v", method, path, resp.StatusCode, resp.Header)
			}
		}
	}
}
