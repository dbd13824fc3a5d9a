package job_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
)

func TestCheckName(t *testing.T) {
	for name, want := range map[string]string{
		"a":                      "",
		strings.Repeat("é", 255): "",
		"":                       "name: must have between 1 and 255 characters",
		strings.Repeat("é", 256): "name: must have between 1 and 255 characters",
		"a\nb":                   "name: must not have control characters",
		"a\xff":                  "name: must be valid UTF-8",
	} {
		t.Run(fmt.Sprintf("%.20q", name), func(t *testing.T) {
			var fs fault.Fields
			job.CheckName("name", name, &fs)
			if got := flat(fs); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestCheckLabels(t *testing.T) {
	many := map[string]string{}
	for i := range 51 {
		many[fmt.Sprint(i)] = ""
	}
	fifty := map[string]string{strings.Repeat("k", 63): strings.Repeat("v", 255)}
	for i := range 49 {
		fifty[fmt.Sprint(i)] = ""
	}
	long := strings.Repeat("é", 64)
	for _, tt := range []struct {
		name   string
		labels map[string]string
		want   string
	}{
		{"none", nil, ""},
		{"fifty, at their longest", fifty, ""},
		{"too many", many, "labels: must have at most 50 values"},
		{"several wrong", map[string]string{"": "", long: "", "v": strings.Repeat("v", 256), "c": "\x00", "u": "\xff"}, strings.Join([]string{
			"labels.: its key must have between 1 and 63 characters",
			"labels.c: must not have control characters",
			"labels.u: must be valid UTF-8",
			"labels.v: must have between 0 and 255 characters",
			"labels." + long[:126] + "…: its key must have between 1 and 63 characters",
		}, "\n")},
		{"one label with two faults", map[string]string{"\t": "\n"},
			"labels.\t: its key must not have control characters\nlabels.\t: must not have control characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var fs fault.Fields
			job.CheckLabels("labels", tt.labels, &fs)
			if diff := cmp.Diff(tt.want, flat(fs)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// flat returns a line for each broken rule.
func flat(fs fault.Fields) string {
	var lines []string
	for _, f := range fs {
		for _, r := range f.Errors {
			lines = append(lines, f.Field+": "+r.Message)
		}
	}
	return strings.Join(lines, "\n")
}
