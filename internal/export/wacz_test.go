package export_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/warc"
)

// unzip returns the entries of a zip file, which archive/zip checks.
func unzip(t *testing.T, file []byte) (names []string, entries map[string][]byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	entries = map[string][]byte{}
	for _, f := range z.File {
		if age := f.Modified.Sub(time.UnixMilli(1_790_000_000_123)); age < 0 || age > 2*time.Hour {
			t.Errorf("%s was modified at %s", f.Name, f.Modified)
		}
		if f.Method != zip.Store {
			t.Errorf("%s is compressed", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		names = append(names, f.Name)
		entries[f.Name] = data
	}
	return names, entries
}

// indexLines returns the lines of the index, which it reads as a player does: by the members that
// index.idx lists.
func indexLines(t *testing.T, entries map[string][]byte) (lines []string) {
	t.Helper()
	list := strings.Split(strings.TrimSpace(string(entries["indexes/index.idx"])), "\n")
	if !strings.HasPrefix(list[0], "!meta ") {
		t.Errorf("index.idx begins with %s", list[0])
	}
	for _, line := range list[1:] {
		var member struct{ Offset, Length int }
		fields := strings.SplitN(line, " ", 3)
		if err := json.Unmarshal([]byte(fields[2]), &member); err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(entries["indexes/index.cdx.gz"][member.Offset:][:member.Length]))
		if err != nil {
			t.Fatal(err)
		}
		first := len(lines)
		for s := bufio.NewScanner(z); s.Scan(); {
			lines = append(lines, s.Text())
		}
		if !strings.HasPrefix(lines[first], fields[0]+" "+fields[1]+" ") {
			t.Errorf("index.idx has %s for a member that begins with %s", line, lines[first])
		}
	}
	return lines
}

func TestWACZ(t *testing.T) {
	s := newSite(t, 300)
	names, entries := unzip(t, s.make(t, s.export(export.WACZ), 5000))
	want := []string{"archive/data-00001.warc.gz", "pages/pages.jsonl", "pages/extraPages.jsonl",
		"indexes/index.cdx.gz", "indexes/index.idx", "datapackage.json", "datapackage-digest.json"}
	if !slices.Equal(names, want) {
		t.Fatalf("the entries are %q", names)
	}

	lines := indexLines(t, entries)
	if !slices.IsSorted(lines) {
		t.Error("the index is not sorted")
	}
	var urls []string
	for _, line := range lines {
		var c struct{ URL, MIME, Status, Digest, Length, Offset, Filename string }
		if err := json.Unmarshal([]byte(strings.SplitN(line, " ", 3)[2]), &c); err != nil {
			t.Fatal(err)
		}
		offset, _ := strconv.Atoi(c.Offset)
		length, _ := strconv.Atoi(c.Length)
		r, err := warc.ReadRecord(bytes.NewReader(entries["archive/"+c.Filename][offset:][:length]))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if r.TargetURI != c.URL || c.Status != "200" || c.MIME != "text/html" {
			t.Fatalf("%s leads to the record of %s", line, r.TargetURI)
		}
		urls = append(urls, c.URL)
	}
	slices.Sort(urls)
	all := slices.Clone(s.urls)
	slices.Sort(all)
	if !slices.Equal(urls, all) {
		t.Errorf("the index has %d URLs, not the %d that were kept", len(urls), len(all))
	}

	var pages int
	for _, name := range []string{"pages/pages.jsonl", "pages/extraPages.jsonl"} {
		list := strings.Split(strings.TrimSpace(string(entries[name])), "\n")
		pages += len(list) - 1
		var header struct{ Format, ID, Title string }
		if err := json.Unmarshal([]byte(list[0]), &header); err != nil || header.Format != "json-pages-1.0" || header.ID == "" {
			t.Errorf("%s begins with %s", name, list[0])
		}
		var page struct{ ID, URL, TS, Title string }
		if err := json.Unmarshal([]byte(list[1]), &page); err != nil || page.URL == "" || !strings.HasPrefix(page.Title, "Page ") {
			t.Errorf("%s has the page %s", name, list[1])
		}
	}
	if pages != len(all) {
		t.Errorf("%d pages are listed, %d were kept", pages, len(all))
	}
	checkDigests(t, entries)
}

// checkDigests checks the digests of a WACZ as a validator does.
func checkDigests(t *testing.T, entries map[string][]byte) {
	t.Helper()
	hash := func(data []byte) string {
		sum := sha256.Sum256(data)
		return "sha256:" + hex.EncodeToString(sum[:])
	}
	var description struct {
		Profile   string
		Version   string `json:"wacz_version"`
		Resources []struct {
			Name, Path, Hash string
			Bytes            int
		}
	}
	if err := json.Unmarshal(entries["datapackage.json"], &description); err != nil {
		t.Fatal(err)
	}
	if description.Profile != "data-package" || description.Version == "" || len(description.Resources) != len(entries)-2 {
		t.Errorf("datapackage.json: %+v", description)
	}
	for _, r := range description.Resources {
		if data := entries[r.Path]; r.Hash != hash(data) || r.Bytes != len(data) {
			t.Errorf("%s has %d bytes and the digest %s, datapackage.json says %+v", r.Path, len(data), hash(data), r)
		}
		if strings.Trim(r.Name, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
			t.Errorf("a validator refuses the name %s", r.Name)
		}
	}
	var digest struct{ Path, Hash string }
	if err := json.Unmarshal(entries["datapackage-digest.json"], &digest); err != nil ||
		digest.Path != "datapackage.json" || digest.Hash != hash(entries["datapackage.json"]) {
		t.Errorf("datapackage-digest.json: %+v, %v", digest, err)
	}
}

// A deleted artifact is neither in the index nor among the pages.
func TestWACZWithoutDeletedArtifacts(t *testing.T) {
	s := newSite(t, 2)
	records, err := crawllog.DecodeAll(s.parts[0])
	if err != nil {
		t.Fatal(err)
	}
	s.deleted = map[crawllog.Location]bool{records[0].(*crawllog.Outcome).Artifacts[0].Location: true}
	_, entries := unzip(t, s.make(t, s.export(export.WACZ), 0))
	if lines := indexLines(t, entries); len(lines) != len(s.urls)-1 || strings.Contains(strings.Join(lines, ""), s.urls[0]) {
		t.Errorf("the index has %d lines of %d URLs", len(lines), len(s.urls))
	}
	if pages := string(entries["pages/pages.jsonl"]) + string(entries["pages/extraPages.jsonl"]); strings.Contains(pages, s.urls[0]) {
		t.Error("the page is listed")
	}
}

// A WACZ of a run that kept nothing is valid.
func TestEmptyWACZ(t *testing.T) {
	_, entries := unzip(t, newSite(t, 0).make(t, newSite(t, 0).export(export.WACZ), 0))
	checkDigests(t, entries)
}

// A hookedRead calls hook after each read of an object of the run.
type hookedRead struct {
	export.Objects
	hook func(name string)
}

func (h hookedRead) Read(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	r, err := h.Objects.Read(ctx, name, offset, length)
	h.hook(name)
	return r, err
}

// The index does not lead to the record of an artifact that is deleted after the export began to
// copy it, since the record may have been wiped before.
func TestWACZWithoutArtifactsDeletedMeanwhile(t *testing.T) {
	s := newSite(t, 3)
	records, err := crawllog.DecodeAll(s.parts[1])
	if err != nil {
		t.Fatal(err)
	}
	location := records[0].(*crawllog.Outcome).Artifacts[0].Location
	e := s.export(export.WACZ)
	m := &export.Maker{Log: s, PieceBytes: 1000, Objects: hookedRead{s, func(name string) {
		if strings.HasSuffix(name, location.Object) {
			s.deleted = map[crawllog.Location]bool{location: true}
		}
	}}}
	var saved export.Progress
	if _, err := m.Make(t.Context(), e, time.Time{}, func(p export.Progress) error { saved = p; return nil }); err != nil {
		t.Fatal(err)
	}
	_, entries := unzip(t, s.read(t, e.File()))
	gone := s.urls[pagesPerPart]
	lines := indexLines(t, entries)
	if len(lines) != len(s.urls)-1 || strings.Contains(strings.Join(lines, ""), gone) || saved.Entries != int64(len(lines)) {
		t.Errorf("the index has %d lines of %d URLs, and %d entries are counted", len(lines), len(s.urls), saved.Entries)
	}
	if pages := string(entries["pages/pages.jsonl"]) + string(entries["pages/extraPages.jsonl"]); strings.Contains(pages, gone) {
		t.Error("the page is listed")
	}
}

// The progress stays small however many pieces an archive has: an item of DynamoDB has at most 400
// KB.
func TestProgressStaysSmall(t *testing.T) {
	s := newSite(t, 300)
	pieces, largest := 0, 0
	m := &export.Maker{Log: s, Objects: s, PieceBytes: 1000}
	_, err := m.Make(t.Context(), s.export(export.WACZ), time.Time{}, func(p export.Progress) error {
		pieces, largest = p.Pieces, max(largest, len(p.State))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if pieces < 300 || largest > 5000 {
		t.Errorf("a state of %d bytes after one of %d pieces", largest, pieces)
	}
}
