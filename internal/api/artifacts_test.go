package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// An artifact has all its properties, in lists and by itself.
func TestArtifact(t *testing.T) {
	c := newArtifactService(t).as("acme")
	w := c.artifactWriter()
	ids := w.keep(
		page{url: "https://a.example/", contentType: "text/html; charset=utf-8", body: "<p>same", markdown: "same\n"},
		page{url: "https://a.example/?x=<1>", body: "<p>same", revisit: true},
	)
	sum := func(s string) string {
		hash := sha256.Sum256([]byte(s))
		return hex.EncodeToString(hash[:])
	}
	text := func(s string) string { return `"` + s + `"` }
	root, other := sum("https://a.example/")[:32], sum("https://a.example/?x=<1>")[:32]
	base := map[string]string{
		"run_id": text(w.lease.Ref.ID.String()), "job_id": text(w.job.String()), "created_at": "time",
		"url": text("https://a.example/"), "url_hash": text(root), "kind": text("raw"), "pipeline_id": text("pages"),
		"blob_key": text("output/" + root + "/data"), "content_type": text("text/html; charset=utf-8"), "size": "7",
		"digest": text("sha256:" + sum("<p>same")), "revisit": "false", "truncated": "false",
	}
	contentIDs := map[string]string{}
	for i, changes := range []map[string]string{
		{},
		{
			"kind": text("parsed"), "pipeline_id": text("text"), "blob_key": text("20260301/12_00/" + root + "/data"),
			"content_type": text("text/markdown; charset=utf-8"), "size": "5", "digest": text("sha256:" + sum("same\n")),
		},
		{
			"url": text("https://a.example/?x=<1>"), "url_hash": text(other), "blob_key": text("output/" + other + "/data"),
			"content_type": "null", "revisit": "true",
		},
	} {
		want := map[string]string{"id": text(ids[i])}
		for _, m := range []map[string]string{base, changes} {
			for k, v := range m {
				want[k] = v
			}
		}
		one := c.do("GET", artifactPath(ids[i]), nil).want(200)
		contentIDs[ids[i]] = members(t, one.body)["content_id"]
		want["content_id"] = contentIDs[ids[i]]
		wantMembers(t, one.body, want)
		var list pageBody[json.RawMessage]
		c.do("GET", "/v1/artifacts?include_ids="+ids[i], nil).want(200).decode(&list)
		if len(list.Items) != 1 || !bytes.Equal(list.Items[0], bytes.TrimSpace(one.body)) {
			t.Errorf("a list shows %s, want %s", list.Items, one.body)
		}
		c.do("GET", artifactPath(strings.ToUpper(ids[i])), nil).want(200)
		c.do("GET", artifactPath(ids[i]), nil, "If-None-Match", one.header.Get("ETag")).want(304)
	}
	if contentIDs[ids[0]] != contentIDs[ids[2]] || contentIDs[ids[0]] == contentIDs[ids[1]] {
		t.Errorf("content ids %v", contentIDs)
	}
}

// Each filter, in both spellings, selects the artifacts that have its values, with any page size.
func TestListArtifacts(t *testing.T) {
	c := newArtifactService(t).as("acme")
	var all []map[string]any // in the order of the list
	var runs []uuid.UUID
	for n := range 3 {
		w := c.artifactWriter()
		runs = append(runs, w.lease.Ref.ID)
		for i := range 5 {
			p := page{url: fmt.Sprintf("https://a.example/%d", i), contentType: "text/html", body: fmt.Sprint("body", n, i)}
			if i%2 == 0 {
				p.markdown = "text"
			} else {
				p.contentType = "Application/PDF; x=y"
			}
			for _, id := range w.keep(p, page{url: "https://a.example/same", contentType: "image/png", body: "png"}) {
				var a map[string]any
				if err := json.Unmarshal(c.do("GET", artifactPath(id), nil).want(200).body, &a); err != nil {
					t.Fatal(err)
				}
				all = append(all, a)
			}
		}
	}
	slices.Reverse(all)
	values := func(member string, values ...any) func(map[string]any) bool {
		return func(a map[string]any) bool { return slices.Contains(values, a[member]) }
	}
	both := func(f, g func(map[string]any) bool) func(map[string]any) bool {
		return func(a map[string]any) bool { return f(a) && g(a) }
	}
	some := func(i int, member string) string { return all[i][member].(string) }
	for _, tt := range []struct {
		query string
		want  func(map[string]any) bool
	}{
		{"", func(map[string]any) bool { return true }},
		{"kinds=raw", values("kind", "raw")},
		{"kinds[]=parsed&kinds=asset", values("kind", "parsed")},
		{"kinds=asset", values("kind")},
		{"pipeline_ids=text", values("pipeline_id", "text")},
		{"content_types=TEXT/html&content_types[]=application/*", values("content_type", "text/html", "Application/PDF; x=y")},
		{"url_hashes=" + strings.ToUpper(some(3, "url_hash")), values("url_hash", some(3, "url_hash"))},
		{"blob_keys=" + url.QueryEscape(some(3, "blob_key")), values("blob_key", some(3, "blob_key"))},
		{"run_ids=" + runs[0].String() + "&run_ids[]=" + runs[2].String() + "&run_ids=" + uuid.NewString(),
			values("run_id", runs[0].String(), runs[2].String())},
		{"include_ids=" + some(1, "id") + "&include_ids[]=" + some(9, "id") + "&include_ids=" + idA + ".1.0.0",
			values("id", some(1, "id"), some(9, "id"))},
		{"include_ids=" + some(1, "id") + "&run_ids=" + runs[0].String(), values("id")},
		{"exclude_ids=" + some(1, "id"), func(a map[string]any) bool { return a["id"] != some(1, "id") }},
		{"run_ids=" + runs[1].String() + "&kinds=raw", both(values("run_id", runs[1].String()), values("kind", "raw"))},
		{"created_after=2026-03-01T12:00:03Z&created_before=2026-03-01T12:00:07Z", func(a map[string]any) bool {
			at := a["created_at"].(string)
			return at > "2026-03-01T12:00:03.000000Z" && at < "2026-03-01T12:00:07.000000Z"
		}},
	} {
		var want []string
		for _, a := range all {
			if tt.want(a) {
				want = append(want, a["id"].(string))
			}
		}
		for _, perPage := range []string{"", "&per_page=3", "&per_page=100"} {
			t.Run(tt.query+perPage, func(t *testing.T) {
				if d := cmp.Diff(want, c.in(t).artifacts(tt.query+perPage)); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		}
	}
	var first pageBody[json.RawMessage]
	if c.do("GET", "/v1/artifacts", nil).want(200).decode(&first); len(first.Items) != 10 {
		t.Errorf("a page has %d artifacts by default", len(first.Items))
	}
	t.Run("a run that is deleted during the walk", func(t *testing.T) {
		c := c.in(t)
		path := "/v1/artifacts?per_page=5&page="
		var page pageBody[json.RawMessage]
		c.do("GET", "/v1/artifacts?per_page=5", nil).want(200).decode(&page)
		c.deleteRun(runs[2])
		c.deleteRun(runs[1])
		var rest []string
		for page.NextPage != nil {
			cursor := *page.NextPage
			page = pageBody[json.RawMessage]{}
			c.do("GET", path+cursor, nil).want(200).decode(&page)
			for _, item := range page.Items {
				rest = append(rest, strings.Trim(members(t, item)["id"], `"`))
			}
		}
		if d := cmp.Diff(c.artifacts(""), rest); d != "" || len(rest) == 0 {
			t.Errorf("%d artifacts; (-list +walk):\n%s", len(rest), d)
		}
	})
}

func TestInvalidArtifactRequests(t *testing.T) {
	c := newArtifactService(t).as("acme")
	id := c.artifactWriter().keep(page{url: "https://a.example/", contentType: "text/html", body: "x", markdown: "x"})[0]
	for _, tt := range []struct{ query, fields string }{
		{"per_page=0", "per_page:range"},
		{"per_page=101", "per_page:range"},
		{"page=x", "page:cursor"},
		{"include_ids=x", "include_ids:format"},
		{"include_ids=" + idA, "include_ids:format"},
		{"include_ids=" + idA + ".0.0.0", "include_ids:format"},
		{"include_ids=" + idA + ".1.0.00", "include_ids:format"},
		{"exclude_ids=" + idA + ".1.-1.0", "exclude_ids:format"},
		{"exclude_ids=" + idA + ".1.0.0.0", "exclude_ids:format"},
		{"run_ids=x", "run_ids:format"},
		{"url_hashes=abc&url_hashes=" + strings.Repeat("g", 32), "url_hashes:format"},
		{"kinds=html", "kinds:enum"},
		{"content_types=html&content_types=text/html%3Bcharset=utf-8", "content_types:format"},
		{"content_types=", "content_types:empty"},
		{"created_after=yesterday", "created_after:format"},
		{"occurred_after=2026-03-01T12:00:00Z", "occurred_after:unknown"},
		{strings.Repeat("&kinds=raw", 101), "kinds:too_many"},
	} {
		t.Run(tt.query, func(t *testing.T) { c.in(t).do("GET", "/v1/artifacts?"+tt.query, nil).wantFields(tt.fields) })
	}
	for _, wrong := range []string{"x", idA, id + ".0", id + "x", "%0D%0A" + id, idA + ".9223372036854775808.0.0"} {
		for _, path := range []string{artifactPath(wrong), blobPath(wrong)} {
			t.Run("GET "+path, func(t *testing.T) { c.in(t).do("GET", path, nil).wantFields("artifact_id:format") })
		}
		t.Run("DELETE "+wrong, func(t *testing.T) { c.in(t).do("DELETE", artifactPath(wrong), nil).wantFields("artifact_id:format") })
	}
	for _, missing := range []string{idA + ".1.0.0", id[:len(id)-1] + "7", idA + ".9223372036854775807.2147483647.2147483647"} {
		t.Run("missing "+missing, func(t *testing.T) {
			c := c.in(t)
			want := c.do("GET", artifactPath(missing), nil).want(404)
			if want.errorBody().Reason != "no_such_artifact" {
				t.Errorf("%s", want.body)
			}
			c.do("GET", blobPath(missing), nil).want(404)
			c.do("DELETE", artifactPath(missing), nil).want(404)
		})
	}
	c.do("POST", "/v1/artifacts", nil).want(405)
	c.do("PUT", artifactPath(id), nil).want(405)
	c.do("DELETE", blobPath(id), nil).want(405)
	c.do("GET", artifactPath(id)+"?x=1", nil).wantFields("x:unknown")
	c.do("GET", blobPath(id)+"?x=1", nil).wantFields("x:unknown")
}

// Another tenant's artifact is, byte for byte, like one that does not exist.
func TestArtifactsAreIsolated(t *testing.T) {
	s := newArtifactService(t)
	owner, stranger := s.as("owner"), s.as("stranger")
	w := owner.artifactWriter()
	ids := w.keep(page{url: "https://a.example/", contentType: "text/html", body: "secret", markdown: "secret"})
	stranger.artifactWriter().keep(page{url: "https://a.example/", contentType: "text/html", body: "own", markdown: "own"})
	unused := uuid.NewString() + ids[0][36:]
	for _, call := range []string{
		"GET /v1/artifacts/ID", "GET /v1/artifacts/ID/blob", "DELETE /v1/artifacts/ID",
		"GET /v1/artifacts?include_ids=ID",
	} {
		t.Run(call, func(t *testing.T) {
			c := stranger.in(t)
			method, path, _ := strings.Cut(call, " ")
			got := c.do(method, strings.ReplaceAll(path, "ID", ids[0]), nil)
			want := c.do(method, strings.ReplaceAll(path, "ID", unused), nil)
			if got.status != want.status || !bytes.Equal(got.body, want.body) || got.status >= 500 {
				t.Errorf("%d %s for another tenant's id, %d %s for an unused id", got.status, got.body, want.status, want.body)
			}
		})
	}
	for _, query := range []string{
		"run_ids=" + w.lease.Ref.ID.String(), "url_hashes=" + strings.Repeat("0", 32) + "&run_ids=" + w.lease.Ref.ID.String(),
	} {
		if got := stranger.artifacts(query); len(got) > 0 {
			t.Errorf("%s: %s", query, got)
		}
	}
	if got := stranger.artifacts("kinds=raw"); len(got) != 1 {
		t.Errorf("the stranger sees %v", got)
	}
	var first pageBody[json.RawMessage]
	owner.do("GET", "/v1/artifacts?per_page=1", nil).want(200).decode(&first)
	stranger.do("GET", "/v1/artifacts?per_page=1&page="+*first.NextPage, nil).wantFields("page:cursor")
	owner.do("GET", "/v1/artifacts?per_page=1&kinds=raw&page="+*first.NextPage, nil).wantFields("page:cursor")
	owner.do("GET", "/v1/runs?page="+*first.NextPage, nil).wantFields("page:cursor")
	owner.do("GET", blobPath(ids[0]), nil).want(200)
}
