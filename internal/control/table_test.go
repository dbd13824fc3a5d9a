package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"
)

// No line is wider than the terminal, whatever strangers named things, and columns are aligned.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 60).Draw(t, "width")
		var items []item
		for _, name := range rapid.SliceOf(rapid.String()).Draw(t, "names") {
			raw, _ := json.Marshal(map[string]any{"name": name, "n": len(name)})
			i, err := newItem(raw)
			if err != nil {
				t.Fatal(err)
			}
			items = append(items, i)
		}
		var out bytes.Buffer
		if err := (&table{w: &out, columns: []column{numberOf("N", "n"), of("NAME", "name")}, width: width}).write(items); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != len(items)+1 {
			t.Fatalf("%d lines for %d items", len(lines), len(items))
		}
		for _, line := range lines {
			if got := uniseg.StringWidth(line); got > width {
				t.Fatalf("the line %q has the width %d of %d", line, got, width)
			}
		}
	})
}

func TestTableAligns(t *testing.T) {
	var out bytes.Buffer
	w := &table{w: &out, columns: []column{of("NAME", "name"), numberOf("N", "n"), of("END", "end")}}
	page := func(text ...string) (items []item) {
		for _, raw := range text {
			i, err := newItem(json.RawMessage(raw))
			if err != nil {
				t.Fatal(err)
			}
			items = append(items, i)
		}
		return items
	}
	_ = w.write(page(`{"name":"日本","n":7,"end":"x"}`, `{"name":"a","n":1234,"end":""}`))
	_ = w.write(page(`{"name":"longer name","n":5,"end":"\u001b[2J"}`, `{"name":"b","n":6,"end":"y"}`))
	const want = `NAME     N  END
日本     7  x
a     1234
longer name     5  \x1b[2J
b               6  y
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestParseMoment(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]string{
		"2026-03-01": "2026-03-01T00:00:00Z", "24h": "2026-02-28T12:00:00Z", "90m": "2026-03-01T10:30:00Z",
		"2026-03-01T10:00:00+01:00": "2026-03-01T10:00:00+01:00", "yesterday": "yesterday", "-1h": "-1h", "2026-3-1": "2026-3-1",
	} {
		if got := parseMoment(s, now); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
}

func TestAge(t *testing.T) {
	now := time.Now()
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 59 * time.Second: "59s", time.Minute: "1m", 61 * time.Minute: "1h", 47 * time.Hour: "47h", 49 * time.Hour: "2d",
	} {
		if got := age(now.Add(-d), now); got != want {
			t.Errorf("%s ago is %s, want %s", d, got, want)
		}
	}
	if age(time.Time{}, now) != "" {
		t.Error("no time has an age")
	}
}

// The rate of top is that of the progress between two refreshes.
func TestTopRate(t *testing.T) {
	l := newTop(nil, nil)
	start := time.Now()
	for n := range 30 {
		i, err := newItem(json.RawMessage(fmt.Sprintf(`{"id":"a","status":"running","progress":{"urls_fetched":%d,"urls_failed":%d}}`, 3*n, n)))
		if err != nil {
			t.Fatal(err)
		}
		l.unfinished = []item{i}
		l.sample(start.Add(time.Duration(n) * 2 * time.Second))
		rows := l.items(start)
		if got, want := rows[0].text("rate"), "2.0"; n > 0 && got != want || n == 0 && got != "" {
			t.Errorf("after %d refreshes: %q", n+1, got)
		}
		if kept := len(l.samples["a"]); kept > 7 {
			t.Fatalf("%d samples are kept", kept)
		}
	}
}
