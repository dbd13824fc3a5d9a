package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
)

func TestParseTags(t *testing.T) {
	for s, want := range map[string]string{
		`*`:                       "any",
		` * `:                     "any",
		`"a"`:                     `"a"`,
		`W/"a"`:                   `W/"a"`,
		`"a", W/"b" ,"c"`:         `"a" "c" W/"b"`,
		`, "a",, "b",`:            `"a" "b"`,
		"\t\"a\"\t":               `"a"`,
		`"a,b"`:                   `"a,b"`,
		`""`:                      `""`,
		`"é!#~"`:                  `"é!#~"`,
		``:                        "rejected",
		`,`:                       "rejected",
		`a`:                       "rejected",
		`"a`:                      "rejected",
		`a"`:                      "rejected",
		`"`:                       "rejected",
		`w/"a"`:                   "rejected",
		`W/ "a"`:                  "rejected",
		`W/`:                      "rejected",
		`"a" "b"`:                 "rejected",
		`"a"b`:                    "rejected",
		`"a b"`:                   "rejected",
		`*, "a"`:                  "rejected",
		`"a", *`:                  "rejected",
		`'a'`:                     "rejected",
		strings.Repeat(`"a",`, 3): `"a" "a" "a"`,
	} {
		t.Run(s, func(t *testing.T) {
			got := "rejected"
			if tags, ok := parseTags(s); ok {
				all := slices.Clone(tags.strong)
				for _, weak := range tags.weak {
					all = append(all, "W/"+weak)
				}
				if got = strings.Join(all, " "); tags.any {
					got = "any"
				}
			}
			if got != want {
				t.Errorf("%s: %s, want %s", s, got, want)
			}
		})
	}
}

func FuzzParseTags(f *testing.F) {
	f.Add(`"a", W/"b", *`)
	f.Fuzz(func(t *testing.T, s string) {
		tags, ok := parseTags(s)
		if ok && !tags.any && len(tags.strong)+len(tags.weak) == 0 {
			t.Errorf("%q has no tags", s)
		}
	})
}

// The conditions of GET and HEAD follow RFC 9110, section 13.
func TestConditionalGet(t *testing.T) {
	shown := run.Run{ID: uuid.MustParse(idA), Status: run.Running, Config: []byte(`{}`)}
	s, _ := newStubServer(func() (run.Run, error) { return shown, nil })
	h := s.Handler()
	full := call(h, "GET", "/v1/runs/"+idA)
	tag := full.Header.Get("ETag")
	gzipTag := strings.TrimSuffix(tag, `"`) + `-gzip"`
	for _, tt := range []struct {
		name, value string
		status      int
	}{
		{"If-None-Match", tag, 304},
		{"If-None-Match", "W/" + tag, 304},
		{"If-None-Match", `"x", ` + tag, 304},
		{"If-None-Match", gzipTag, 304},
		{"If-None-Match", "*", 304},
		{"If-None-Match", `"x"`, 200},
		{"If-None-Match", `W/"x"`, 200},
		{"If-None-Match", strings.Trim(tag, `"`), 422},
		{"If-Match", tag, 200},
		{"If-Match", gzipTag, 200},
		{"If-Match", "*", 200},
		{"If-Match", "W/" + tag, 412},
		{"If-Match", `"x"`, 412},
		{"If-Match", "", 422},
		{"If-Unmodified-Since", "Fri, 02 Jan 2026 15:04:05 GMT", 422},
		{"If-Modified-Since", "Fri, 02 Jan 2026 15:04:05 GMT", 200},
		{"Range", "bytes=0-1", 200},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			t.Run(method+" "+tt.name+" "+tt.value, func(t *testing.T) {
				resp := call(h, method, "/v1/runs/"+idA, tt.name, tt.value)
				body := bodyOf(t, resp)
				if resp.StatusCode != tt.status {
					t.Errorf("%d, want %d", resp.StatusCode, tt.status)
				}
				if tt.status != 304 {
					return
				}
				if body != "" || resp.Header.Get("Content-Type")+resp.Header.Get("Content-Length") != "" {
					t.Errorf("a 304 with a body: %q, %v", body, resp.Header)
				}
				for _, name := range []string{"ETag", "Cache-Control", "Vary"} {
					if got, want := resp.Header.Get(name), full.Header.Get(name); got != want || got == "" {
						t.Errorf("the %s of a 304 is %q, that of a 200 %q", name, got, want)
					}
				}
			})
		}
	}
	// The ETag depends on everything that a run shows.
	shown.Progress.URLsFetched++
	if got := call(h, "GET", "/v1/runs/"+idA).Header.Get("ETag"); got == tag {
		t.Error("the ETag does not depend on the progress")
	}
	// An error has no ETag.
	s, _ = newStubServer(func() (run.Run, error) { return run.Run{}, fmt.Errorf("broken") })
	if resp := call(s.Handler(), "GET", "/v1/runs/"+idA, "If-None-Match", "*"); resp.StatusCode != 500 || resp.Header.Get("ETag") != "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

func TestConditionsOfPost(t *testing.T) {
	s, _ := newStubServer(func() (run.Run, error) { return run.Run{}, nil })
	for _, name := range []string{"If-Match", "If-None-Match", "If-Unmodified-Since"} {
		resp := call(s.Handler(), "POST", "/v1/jobs/"+idA+"/runs", name, "*")
		if body := bodyOf(t, resp); resp.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, `"field":"`+name+`"`) {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
	}
}

// Every value of a repeated header field counts.
func TestRepeatedMediaType(t *testing.T) {
	for _, tt := range []struct {
		types, encodings []string
		ok               bool
	}{
		{[]string{"application/json"}, nil, true},
		{[]string{"application/json"}, []string{"identity"}, true},
		{[]string{"application/json", "text/plain"}, nil, false},
		{[]string{"text/plain", "application/json"}, nil, false},
		{[]string{"application/json"}, []string{"identity", "gzip"}, false},
		{[]string{"application/json"}, []string{"", "gzip"}, false},
	} {
		t.Run(fmt.Sprintf("%q %q", tt.types, tt.encodings), func(t *testing.T) {
			err := checkMediaType(http.Header{"Content-Type": tt.types, "Content-Encoding": tt.encodings})
			if (err == nil) != tt.ok {
				t.Errorf("%q %q: %v", tt.types, tt.encodings, err)
			}
		})
	}
}

func TestUnquoteKey(t *testing.T) {
	long := strings.Repeat("k", 255)
	for s, want := range map[string]string{
		"8e03978e-40d5": "8e03978e-40d5", `"8e03978e-40d5"`: "8e03978e-40d5", `"a\"b\\c"`: `a"b\c`, `a"b`: `a"b`, "~!": "~!",
		long: long, `"` + long + `"`: long,
		"": "rejected", `""`: "rejected", `"a`: "rejected", `"`: "rejected", `"a"b`: "rejected", `"a\b"`: "rejected", "a b": "rejected",
		`"a b"`: "rejected", "é": "rejected", "a\tb": "rejected", "a\x7f": "rejected", `"a";p=1`: "rejected", `"\`: "rejected",
		long + "k": "rejected", `"` + long + `k"`: "rejected",
	} {
		t.Run(fmt.Sprintf("%.20q", s), func(t *testing.T) {
			got, ok := unquoteKey(s)
			if !ok {
				got = "rejected"
			}
			if got != want {
				t.Errorf("%s: %s, want %s", s, got, want)
			}
		})
	}
}

func TestAcceptsGzip(t *testing.T) {
	for value, want := range map[string]bool{
		"gzip": true, "GZip": true, "deflate, gzip;q=1.0, *;q=0.5": true, "gzip ; q=0.001": true, "*": true, "x-gzip": true,
		"br, gzip": true, "gzip;q=0.5, identity;q=0.5": true, "gzip;Q=1": true,
		"": false, "identity": false, "br": false, "gzip;q=0": false, "gzip;q=0.000": false, "*;q=0": false,
		"*, gzip;q=0": false, "gzip;q=0.5, identity": false, "gzip;q=x": false,
	} {
		t.Run(value, func(t *testing.T) {
			if got := acceptsGzip(http.Header{"Accept-Encoding": {value}}); got != want {
				t.Errorf("%q: %v, want %v", value, got, want)
			}
		})
	}
	if !acceptsGzip(http.Header{"Accept-Encoding": {"br", "gzip"}}) {
		t.Error("the second of two header fields is ignored")
	}
}
