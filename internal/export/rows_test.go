package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/export"
)

// The CSV has the columns of the NDJSON, in its order, with the same values.
func TestRowsAgree(t *testing.T) {
	s := newSite(t, 3)
	rows, err := csv.NewReader(bytes.NewReader(s.make(t, s.export(export.CSV), 0))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(s.make(t, s.export(export.NDJSON), 0))), "\n")
	if len(rows) != len(lines)+1 || len(lines) != 3*(pagesPerPart+1) {
		t.Fatalf("%d rows and %d lines", len(rows), len(lines))
	}
	for i, line := range lines {
		names, values := members(t, line)
		if got := rows[0]; strings.Join(got, " ") != strings.Join(names, " ") {
			t.Fatalf("the columns are %q, the members %q", got, names)
		}
		for k, value := range values {
			if rows[i+1][k] != value {
				t.Errorf("line %d: %s is %q in CSV and %q in JSON", i, names[k], rows[i+1][k], value)
			}
		}
	}
}

// members returns the names and the values of a JSON object, in its order. null is "".
func members(t *testing.T, line string) (names, values []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		switch token {
		case json.Delim('{'):
			continue
		case json.Delim('}'):
			return names, values
		}
		value, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		if value == nil {
			value = ""
		}
		names, values = append(names, token.(string)), append(values, fmt.Sprint(value))
	}
}

// Neither a spreadsheet nor a terminal obeys a title from the web. NDJSON has the exact title.
func TestHostileTitles(t *testing.T) {
	s := newSite(t, 0)
	titles := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a, \"b\"\nc", "\x1b[2J\u009b31m", "\u202egnp.exe", "日本\u3000語"}
	for _, title := range titles {
		s.parts = append(s.parts, crawllog.Encode([]crawllog.Record{&crawllog.Outcome{
			URL: "https://a.example/", Title: title, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200,
			OccurredAt: time.UnixMilli(1_790_000_000_000),
		}})...)
	}
	rows, err := csv.NewReader(bytes.NewReader(s.make(t, s.export(export.CSV), 0))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"'=1+1", "'+1", "'-1", "'@SUM(A1)", `\x09=1`, `a, "b"\x0ac`, `\x1b[2J\u009b31m`, `\u202egnp.exe`, "日本\u3000語",
	} {
		if got := rows[i+1][14]; got != want {
			t.Errorf("the title is %q, want %q", got, want)
		}
	}
	lines := strings.Split(string(s.make(t, s.export(export.NDJSON), 0)), "\n")
	for i, title := range titles {
		var entry struct{ Title string }
		if err := json.Unmarshal([]byte(lines[i]), &entry); err != nil || entry.Title != title {
			t.Errorf("the title of %s is %q, want %q, %v", lines[i], entry.Title, title, err)
		}
	}
}
