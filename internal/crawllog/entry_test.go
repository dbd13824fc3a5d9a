package crawllog

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

func TestEntryID(t *testing.T) {
	e := Entry{RunID: uuid.MustParse("0197f3a4-88d0-7e6a-b1f3-9c2b54e7a610"), Place: Place{Part: 3, Index: 7}}
	// Callers may keep the id, so it must never change.
	const want = "1d5b5444-264d-5f60-9f72-9186a381d2df"
	if got := e.ID(); got.String() != want || got.Version() != 5 {
		t.Errorf("the id is %s, want %s", got, want)
	}
	seen := map[uuid.UUID]Place{}
	for part := range 50 {
		for index := range 50 {
			e.Place = Place{Part: int64(part), Index: index}
			if other, ok := seen[e.ID()]; ok {
				t.Errorf("%v and %v have the same id", other, e.Place)
			}
			seen[e.ID()] = e.Place
		}
	}
}

func TestOutcomeURL(t *testing.T) {
	for url, host := range map[string]string{
		"https://example.com/a?b":           "example.com",
		"http://example.com:8080/":          "example.com:8080",
		"http://[2001:db8::1]:81/":          "[2001:db8::1]:81",
		"https://xn--bcher-kva.example/%20": "xn--bcher-kva.example",
		"no url":                            "",
		"ftp://example.com/":                "",
		"":                                  "",
	} {
		t.Run(url, func(t *testing.T) {
			o := Outcome{URL: url}
			if got := o.Host(); got != host {
				t.Errorf("the host is %q, want %q", got, host)
			}
			u, err := weburl.Parse(url)
			if err == nil && o.URLHash() != u.Key() {
				t.Error("the hash differs from the key of the URL")
			}
		})
	}
}

func TestFilter(t *testing.T) {
	at := time.UnixMilli(1e12).UTC()
	o := &Outcome{
		URL: "https://a.example:81/x", Step: Fetch, Status: Error, ErrorReason: "http_status", HTTPStatus: 404, OccurredAt: at,
		ContentType: "text/html; charset=utf-8", Depth: 3,
	}
	for _, test := range []struct {
		f    Filter
		want bool
	}{
		{Filter{}, true},
		{Filter{Hosts: []string{"b.example", "a.example:81"}}, true},
		{Filter{Hosts: []string{"a.example"}}, false},
		{Filter{Steps: []Step{Parse, Fetch}}, true},
		{Filter{Steps: []Step{Parse}}, false},
		{Filter{Statuses: []Status{OK, Error}}, true},
		{Filter{Statuses: []Status{OK}}, false},
		{Filter{ErrorReasons: []string{"dns", "http_status"}}, true},
		{Filter{ErrorReasons: []string{"dns"}}, false},
		{Filter{OccurredAfter: at}, false},
		{Filter{OccurredAfter: at.Add(-time.Millisecond)}, true},
		{Filter{OccurredBefore: at}, false},
		{Filter{OccurredBefore: at.Add(time.Microsecond)}, true},
		{Filter{URL: "https://a.example:81/x"}, true},
		{Filter{URL: "https://a.example:81/"}, false},
		{Filter{URLPrefix: "https://a.example:81/"}, true},
		{Filter{URLPrefix: "https://a.example/"}, false},
		{Filter{HTTPStatuses: []HTTPStatus{200, 404}}, true},
		{Filter{HTTPStatuses: []HTTPStatus{40, 4044}}, false},
		{Filter{HTTPStatuses: []HTTPStatus{4}}, true},
		{Filter{HTTPStatuses: []HTTPStatus{5, 2}}, false},
		{Filter{ContentTypes: []ContentType{"text/css", "text/html"}}, true},
		{Filter{ContentTypes: []ContentType{"text/*"}}, true},
		{Filter{ContentTypes: []ContentType{"text/htm", "image/*"}}, false},
		{Filter{Depths: []int{1, 3}}, true},
		{Filter{Depths: []int{0}}, false},
		{Filter{Steps: []Step{Fetch}, Statuses: []Status{OK}}, false},
		{Filter{Steps: []Step{Fetch}, Statuses: []Status{Error}, Hosts: []string{"a.example:81"}}, true},
	} {
		t.Run(fmt.Sprintf("%+v", test.f), func(t *testing.T) {
			if got := test.f.Match(o); got != test.want {
				t.Errorf("Match = %t, want %t", got, test.want)
			}
		})
	}
}

// The cursors of earlier versions remain valid, so the JSON of their filters must not change.
func TestFilterJSON(t *testing.T) {
	const want = `{"Hosts":null,"Steps":null,"Statuses":null,"ErrorReasons":null,"OccurredBefore":"0001-01-01T00:00:00Z","OccurredAfter":"0001-01-01T00:00:00Z"}`
	got, err := json.Marshal(Filter{})
	if string(got) != want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

func TestEssence(t *testing.T) {
	for header, want := range map[string]string{
		"":                             "",
		"text/html":                    "text/html",
		" Text/HTML ;charset=UTF-8":    "text/html",
		"text/html, text/css; x=y":     "text/css",
		"text/html, */*":               "text/html",
		"text/html, nothing":           "text/html",
		`text/html; x="a, b/c"`:        "text/html",
		"text":                         "",
		"text/":                        "",
		"/html":                        "",
		"text/ht ml":                   "",
		"application/vnd.x+json;a=b/c": "application/vnd.x+json",
	} {
		if got := Essence(header); got != want || got != page.Essence(header) {
			t.Errorf("Essence(%q) = %q, want %q; package page says %q", header, got, want, page.Essence(header))
		}
	}
}
