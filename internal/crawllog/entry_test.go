package crawllog

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/weburl"
)

func TestIDOfAnEntry(t *testing.T) {
	e := Entry{RunID: uuid.MustParse("0197f3a4-88d0-7e6a-b1f3-9c2b54e7a610"), Place: Place{Part: 3, Index: 7}}
	const want = "1d5b5444-264d-5f60-9f72-9186a381d2df" // callers may keep it: it must never change
	if got := e.ID(); got.String() != want || got.Version() != 5 {
		t.Errorf("the id is %s", got)
	}
	seen := map[uuid.UUID]Place{}
	for part := range 50 {
		for index := range 50 {
			e.Place = Place{Part: int64(part), Index: index}
			if other, ok := seen[e.ID()]; ok {
				t.Errorf("%v and %v have one id", other, e.Place)
			}
			seen[e.ID()] = e.Place
		}
	}
}

func TestURLOfAnOutcome(t *testing.T) {
	for url, host := range map[string]string{
		"https://example.com/a?b":           "example.com",
		"http://example.com:8080/":          "example.com:8080",
		"http://[2001:db8::1]:81/":          "[2001:db8::1]:81",
		"https://xn--bcher-kva.example/%20": "xn--bcher-kva.example",
		"no url":                            "",
		"ftp://example.com/":                "",
		"":                                  "",
	} {
		o := Outcome{URL: url}
		if got := o.Host(); got != host {
			t.Errorf("the host of %q is %q, want %q", url, got, host)
		}
		u, err := weburl.Parse(url)
		if err == nil && o.URLHash() != u.Key() {
			t.Errorf("the hash of %q is another than its URL's", url)
		}
	}
}

func TestFilter(t *testing.T) {
	at := time.UnixMilli(1e12).UTC()
	o := &Outcome{
		URL: "https://a.example:81/x", Step: Fetch, Status: Error, ErrorReason: "http_status", HTTPStatus: 404, OccurredAt: at,
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
		{Filter{Steps: []Step{Fetch}, Statuses: []Status{OK}}, false},
		{Filter{Steps: []Step{Fetch}, Statuses: []Status{Error}, Hosts: []string{"a.example:81"}}, true},
	} {
		if got := test.f.Match(o); got != test.want {
			t.Errorf("%+v: %v", test.f, got)
		}
	}
}
