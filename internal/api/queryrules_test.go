package api

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestQueryRulesNameTheirBounds(t *testing.T) {
	_, _, fs := parseRuns("per_page=0&nope=1&statuses=x")
	want := []string{
		"must be between 1 and 100",
		"is not known; known: page, per_page, include_ids, exclude_ids, statuses, stop_reasons, created_before, created_after, started_before, started_after, finished_before, finished_after, updated_after, labels[key], view, job_ids",
		"must be one of: pending, running, paused, finished",
	}
	for i, f := range fs {
		if f.Errors[0].Message != want[i] {
			t.Errorf("%s: %q, want %q", f.Field, f.Errors[0].Message, want[i])
		}
	}
	if d := cmp.Diff(map[string]any{"min": 1, "max": 100}, fs[0].Errors[0].Params); d != "" {
		t.Error(d)
	}
}

func TestQueryAllows100Values(t *testing.T) {
	for _, tt := range []struct{ name, field, pair string }{
		{"list", "exclude_ids", "&exclude_ids=" + idA},
		{"list in brackets", "exclude_ids", "&exclude_ids[]=" + idA},
		{"map", "labels", "&labels[%d]=x"},
		{"map as JSON", "labels", `&labels={"%d":"x"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			for i := range 101 {
				b.WriteString(strings.ReplaceAll(tt.pair, "%d", fmt.Sprint(i)))
				if _, _, fs := parseRuns(b.String()); i < 100 && fs != nil {
					t.Fatalf("%d values: %v", i+1, fs.Err())
				}
			}
			if _, _, fs := parseRuns(b.String()); codes(fs) != tt.field+":too_many" {
				t.Errorf("101 values: %q", codes(fs))
			}
		})
	}
}

// The work and the response for a large query with an error in every pair are bounded.
func TestQueryFaultsAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "x%d=1&", i)
	}
	if _, _, fs := parseRuns(b.String()); len(fs) != maxFields {
		t.Errorf("%d fields are reported, want %d", len(fs), maxFields)
	}
}

func TestWithPage(t *testing.T) {
	for _, tt := range []struct{ query, want string }{
		{"", "page=N%3D"},
		{"page=old", "page=N%3D"},
		{"per_page=5&p%61ge=old&&statuses[]=running&labels[a>b]=%3E+x", "per_page=5&statuses%5B%5D=running&labels%5Ba%3Eb%5D=%3E+x&page=N%3D"},
	} {
		t.Run(tt.query, func(t *testing.T) {
			if got := withPage(tt.query, "N="); got != tt.want {
				t.Errorf("withPage(%q) = %q, want %q", tt.query, got, tt.want)
			}
		})
	}
}

// FuzzQuery checks that a query is either rejected, with fields that are in the query and valid
// UTF-8, or parsed completely: with another page, it parses to the same filter.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"", "per_page=5&statuses[]=running", "labels[team]=research&labels[a[0]]=b", "%zz=%", "page=%ff;x",
		"created_before=2026-01-02T15:04:05+02:00", "job_ids=" + idA, "labels[a][]=b", "\xff=\xfe",
		`labels={"a":"1","b":""}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		filter, page, fs := parseRuns(raw)
		for _, field := range fs {
			if !utf8.ValidString(field.Field) || len(field.Errors) == 0 {
				t.Fatalf("%q: bad field %+v", raw, field)
			}
			name, _, _ := strings.Cut(field.Field, "[")
			decoded, err := url.QueryUnescape(raw)
			if err == nil && utf8.ValidString(decoded) && !strings.Contains(decoded, name) {
				t.Fatalf("%q: the field %q is not in the query", raw, field.Field)
			}
		}
		if fs != nil {
			return
		}
		if page.Limit < 1 || page.Limit > 100 || slices.Contains(filter.Statuses, "") {
			t.Fatalf("%q: parsed to %+v %+v", raw, filter, page)
		}
		again, pageAgain, fs := parseRuns(withPage(raw, "next"))
		if d := cmp.Diff(filter, again); d != "" || fs != nil || pageAgain.Cursor != "next" || pageAgain.Limit != page.Limit {
			t.Fatalf("%q: the next page is that of another list: %v %s", raw, fs.Err(), d)
		}
	})
}
