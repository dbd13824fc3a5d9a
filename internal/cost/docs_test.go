package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// docs/cost.md has the tables and numbers that the program makes of the committed files.
func TestDocsAreFresh(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	want, err := updated(t, string(text))
	if err != nil {
		t.Fatal(err)
	}
	if want == string(text) {
		return
	}
	got := strings.Split(string(text), "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(got) || got[i] != line {
			t.Fatalf("docs/cost.md is stale: make cost-docs updates it. Line %d should be\n%s", i+1, line)
		}
	}
	t.Fatal("docs/cost.md is stale: make cost-docs updates it")
}

// A dollar amount in the prose has a mark, so it cannot differ from the tables.
func TestAmountsOfProseAreMarked(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	prose := marked.ReplaceAllString(block.ReplaceAllString(string(text), ""), "")
	for _, amount := range regexp.MustCompile(`\$[0-9][0-9.,]*`).FindAllString(prose, -1) {
		t.Errorf("%s has no mark such as <!--hour:total-->", amount)
	}
}

func TestUpdate(t *testing.T) {
	tables := []table{{"a", "", "| new |\n"}}
	numbers := map[string]string{"hour:total": "$5.00", "hour:few": "< $0.01"}
	const place = "<!-- table: a -->\nold\n<!-- end -->\n"
	for _, test := range []struct{ name, text, want, err string }{
		{"a table and numbers", place + "It is $4.00<!--hour:total-->, $3<!--hour:few-->.",
			"<!-- table: a -->\n\n| new |\n\n<!-- end -->\nIt is $5.00<!--hour:total-->, < $0.01<!--hour:few-->.", ""},
		{"a small number again", place + "< $0.01<!--hour:total-->", "<!-- table: a -->\n\n| new |\n\n<!-- end -->\n$5.00<!--hour:total-->", ""},
		{"an unknown number", place + "$4.00<!--hour:all-->", "", "no number hour:all"},
		{"an unknown table", "<!-- table: b -->\n<!-- end -->", "", "no table b"},
		{"a table twice", place + place, "", "no table a"},
		{"no place", "text", "", "no place for the table a"},
		{"a mark without a number", place + "about<!--hour:total-->", "", "1 comments mark"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := update(test.text, tables, numbers)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, want %s", err, test.err)
				}
				return
			}
			if err != nil || got != test.want {
				t.Fatalf("got %q, %v, want %q", got, err, test.want)
			}
			if again, err := update(got, tables, numbers); err != nil || again != got {
				t.Errorf("a second update: %q, %v", again, err)
			}
		})
	}
}
