//go:build archive

package local_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/weburl"
)

// TestArchive crawls a site with everything kept and reads the objects with warcio.
func TestArchive(t *testing.T) {
	a := newArchive(t)
	for _, file := range a.files() {
		hasNoSecret(t, file)
	}
	records := a.check(a.files()...)
	for what, diff := range map[string]string{
		"responses and revisits": cmp.Diff(sorted(a.fetched), sorted(captures(records))),
		"requests":               cmp.Diff(sorted(a.fetched), sorted(records["request"])),
		"conversions":            cmp.Diff(sorted(a.converted), sorted(records["conversion"])),
	} {
		if diff != "" {
			t.Errorf("the URLs of %s differ from those of the log (-log +archive):\n%s", what, diff)
		}
	}
	if len(records["revisit"]) == 0 || len(a.fetched) < 200 || len(a.converted) < 200 {
		t.Errorf("%d revisits, %d pages, %d conversions", len(records["revisit"]), len(a.fetched), len(a.converted))
	}
	page, font := weburl.KeyOfText(a.site.URL+"/styled"), weburl.KeyOfText(a.site.URL+"/font")
	key := fmt.Sprintf("site/%x/assets/font/%x", page[:], font[:])
	status, list := a.call("GET", "default", "/v1/artifacts?kinds=asset&blob_keys="+url.QueryEscape(key))
	items, _ := list["items"].([]any)
	if status != http.StatusOK || len(items) != 1 {
		t.Fatalf("%d, %v, want the font with the key %s", status, list, key)
	}
	if got := body(t, a.URL+"/v1/artifacts/"+items[0].(map[string]any)["id"].(string)+"/blob"); got != "wOF2" {
		t.Errorf("the font is %q", got)
	}
}

// TestArchiveAfterDeletions deletes artifacts, whose records are then fillers. The tools of the
// field read what is left, and all of it.
func TestArchiveAfterDeletions(t *testing.T) {
	a := newArchive(t)
	responses, conversions := maps.Clone(a.fetched), maps.Clone(a.converted)
	before := a.check(a.files()...)
	deleted := 0
	for i, item := range a.artifacts() {
		url := item["url"].(string)
		isRevisit := before["revisit"][url] && item["kind"] == "raw"
		if url == a.site.URL+"/page/2" || isRevisit || i%7 != 0 && url != a.site.URL+"/compressed" {
			continue
		}
		a.delete("/v1/artifacts/" + item["id"].(string))
		deleted++
		if item["kind"] != "parsed" {
			delete(responses, url)
		} else {
			delete(conversions, url)
		}
	}
	if deleted < 50 || responses[a.site.URL+"/compressed"] || conversions[a.site.URL+"/compressed"] {
		t.Fatalf("only %d artifacts are deleted", deleted)
	}
	expect := func(what string, files ...string) {
		t.Helper()
		records := a.check(files...)
		for kind, diff := range map[string]string{
			"responses and revisits": cmp.Diff(sorted(responses), sorted(captures(records))),
			"conversions":            cmp.Diff(sorted(conversions), sorted(records["conversion"])),
		} {
			if diff != "" {
				t.Errorf("the URLs of %s in %s are others (-want +got):\n%s", kind, what, diff)
			}
		}
	}
	expect("the objects", a.files()...)
	expect("the export", exportFile(t, a.Stack, a.run.ID, "warc", "archive.warc.gz"))
	wacz := exportFile(t, a.Stack, a.run.ID, "wacz", "archive.wacz")
	a.validate(wacz)
	player := startPlayer(t, a.tools, wacz)
	player.expect(a.site.URL, "/page/2")
	if status := player.status(a.site.URL + "/compressed"); status != http.StatusNotFound {
		t.Errorf("pywb responds with %d for a deleted page", status)
	}
}

// artifacts returns all artifacts of the run.
func (a *archive) artifacts() (all []map[string]any) {
	a.t.Helper()
	list := "/v1/artifacts?per_page=100&run_ids=" + a.run.ID.String()
	for page := ""; ; {
		status, body := a.call("GET", "default", list+page)
		if status != http.StatusOK {
			a.t.Fatal(status, body)
		}
		for _, item := range body["items"].([]any) {
			all = append(all, item.(map[string]any))
		}
		if body["next_page"] == nil {
			return all
		}
		page = "&page=" + fmt.Sprint(body["next_page"])
	}
}

// delete sends a request that must delete something.
func (a *archive) delete(path string) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodDelete, a.URL+path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		a.t.Fatalf("DELETE %s: %s", path, resp.Status)
	}
}

// hasNoSecret checks that the cookie of the site is not in the file.
func hasNoSecret(t *testing.T, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("a-secret")) {
		t.Error("a cookie is in the archive")
	}
}
