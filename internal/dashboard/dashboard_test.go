package dashboard_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"html"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/dashboard"
)

// assets returns the names of the assets that the page refers to.
func assets(t *testing.T) (names []string) {
	t.Helper()
	page := string(dashboard.Page(dashboard.Settings{AuthMode: "none"}))
	for _, m := range regexp.MustCompile(`(?:src|href)="assets/([^"]+)"`).FindAllStringSubmatch(page, -1) {
		names = append(names, m[1])
	}
	if len(names) < 2 {
		t.Fatalf("the page is %s", page)
	}
	return names
}

func TestAssets(t *testing.T) {
	for _, name := range assets(t) {
		content, mediaType, ok := dashboard.Asset(name)
		want := map[string]string{"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}[name[strings.LastIndex(name, ".")+1:]]
		if !ok || len(content) == 0 || mediaType != want {
			t.Errorf("%s: %d bytes of %q, %v", name, len(content), mediaType, ok)
		}
	}
	for _, name := range []string{"", ".", "..", "/", "../index.html", "index.html", "../dashboard.go", `..\index.html`, "x/../" + assets(t)[0], "\x00"} {
		if content, _, ok := dashboard.Asset(name); ok {
			t.Errorf("the asset %q has %d bytes", name, len(content))
		}
	}
}

// A page that is small loads fast. The bound is that of all assets together, compressed.
func TestSize(t *testing.T) {
	const most = 250_000
	var compressed bytes.Buffer
	zw := gzip.NewWriter(&compressed)
	err := fs.WalkDir(os.DirFS("dist"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile("dist/" + name)
		if err == nil {
			_, err = zw.Write(content)
		}
		return err
	})
	if err != nil || zw.Close() != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", compressed.Len())
	if compressed.Len() > most {
		t.Errorf("the dashboard has %d bytes compressed, want at most %d", compressed.Len(), most)
	}
}

// The page has its settings as text, whatever they are, and no script of its own.
func TestSettings(t *testing.T) {
	want := dashboard.Settings{
		AuthMode: "jwt", Issuer: `https://login.example/?a="><script>alert(1)</script>&b=$1`, ClientID: "{{settings}}' onload='x",
		Scopes: "openid", Token: "id_token",
	}
	page := string(dashboard.Page(want))
	m := regexp.MustCompile(`<meta name="inndx-settings" content="([^"]*)">`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page is %s", page)
	}
	var got dashboard.Settings
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if strings.Contains(page, "<script>") || strings.Count(page, "<script") != 1 || strings.Contains(page, "<style") {
		t.Errorf("the page is %s", page)
	}
}

// Copies of the libraries have their licenses.
func TestLicenses(t *testing.T) {
	manifest, err := os.ReadFile("web/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var libraries struct{ Dependencies map[string]string }
	if err := json.Unmarshal(manifest, &libraries); err != nil {
		t.Fatal(err)
	}
	script, _, _ := dashboard.Asset(assets(t)[1])
	for name, version := range libraries.Dependencies {
		_, notice, ok := bytes.Cut(script, []byte("/*! "+name+" "+version+"\n"))
		notice, _, _ = bytes.Cut(notice, []byte("*/"))
		if !ok || !bytes.Contains(notice, []byte("Copyright")) || !bytes.Contains(notice, []byte("Permission is hereby granted")) {
			t.Errorf("the license of %s %s is %s", name, version, notice)
		}
	}
}
