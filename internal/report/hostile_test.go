package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/joshdk/go-junit"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/visible"
)

// hostile are texts that a site may choose, or a manifest may hold.
var hostile = []string{
	"\x1b[2J\x1b]0;title\x07", "\u202egnp.exe", "\u2066a\u2069", "\x00\x7f\u0085\u009b31m", "\xff\xfe\xc0", "a\r\nb\nc", "\u2028\u2029",
	"=HYPERLINK(\"http://evil.example\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "</failure><testcase/>", "]]>&<>\"'", "\U000e0041 tag", "\ufeff",
}

// hostileLog is a log whose texts are hostile wherever a site or a manifest chooses them.
func hostileLog() (records []crawllog.Record) {
	for _, text := range hostile {
		o := outcome("/x", 404, 1)
		// A seed may be any text. All other URLs are normalised.
		o.URL, o.ErrorReason, o.ErrorDetail, o.Title, o.ContentType = text, "protocol", text, text, text
		e := excluded(text+" (excluded)", "invalid_url")
		records = append(records, o, e)
	}
	return records
}

func hostileReport(t *testing.T) *Report {
	t.Helper()
	about := finished()
	about.Name = strings.Join(hostile, " ")
	about.JSON, _ = json.Marshal(map[string]string{"name": about.Name})
	r, err := Read(logOf(new(int), hostileLog()...), about, Options{All: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// No format passes on a character that is not visible, except the line breaks of the format.
func TestHostileTextIsVisible(t *testing.T) {
	r := hostileReport(t)
	for _, format := range Formats() {
		text := write(t, r, format)
		for _, line := range strings.Split(text, "\n") {
			if visible.Text(line) != line {
				t.Errorf("%s: %q", format, line)
			}
		}
	}
}

// JSON has the exact texts, except what is not UTF-8.
func TestHostileTextInJSON(t *testing.T) {
	var report struct{ URLs []struct{ URL, Title string } }
	if err := json.Unmarshal([]byte(write(t, hostileReport(t), JSON)), &report); err != nil {
		t.Fatal(err)
	}
	for i, want := range hostile {
		if !utf8.ValidString(want) {
			continue
		}
		if got := report.URLs[2*i]; got.URL != want || got.Title != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A CSV reader reads as many columns on each line, and no cell begins like a formula.
func TestHostileTextInCSV(t *testing.T) {
	all, err := csv.NewReader(strings.NewReader(write(t, hostileReport(t), CSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2*len(hostile)+1 {
		t.Errorf("%d lines, want %d", len(all), 2*len(hostile)+1)
	}
	for _, record := range all {
		for _, cell := range record {
			if cell != "" && strings.HasPrefix(cell, "＝") || cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("the cell %q", cell)
			}
		}
	}
	if got := all[1+2*7][0]; got != `'=HYPERLINK("http://evil.example")` {
		t.Errorf("the cell %q", got)
	}
}

// A parser that others wrote reads the JUnit report and finds the counts that it states.
func TestJUnitIsRead(t *testing.T) {
	for name, r := range map[string]*Report{"a site": read(t, Options{All: true}, site()...), "hostile texts": hostileReport(t)} {
		t.Run(name, func(t *testing.T) {
			text := write(t, r, JUnit)
			suites, err := junit.Ingest([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if len(suites) != 1 {
				t.Fatalf("%d suites", len(suites))
			}
			got, want := suites[0].Totals, r.Summary()
			if int64(got.Tests) != r.tests() || int64(got.Failed) != want.Broken || int64(got.Skipped) != want.Classes.Excluded || got.Error != 0 {
				t.Errorf("the totals are %+v, want %d tests, %d failed and %d skipped", got, r.tests(), want.Broken, want.Classes.Excluded)
			}
			checkXML(t, text)
		})
	}
}

// checkXML checks that the text is one well-formed XML document.
func checkXML(t *testing.T, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// The JSON report is valid by its schema.
func TestJSONSchema(t *testing.T) {
	file, err := os.Open("../../docs/report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	document, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("report.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Report{read(t, Options{All: true}, site()...), read(t, Options{}), hostileReport(t)} {
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(write(t, r, JSON))))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); err != nil {
			t.Error(err)
		}
	}
}
