package job

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/inndx/runs/internal/fault"
)

// The bounds of a job's name and labels. Lengths are in characters (Unicode code points).
const (
	MaxNameLength       = 255 // at least 1
	MaxLabels           = 50  // labels of one job
	MaxLabelKeyLength   = 63  // at least 1
	MaxLabelValueLength = 255 // may be empty
)

// CheckName checks a job's name, which was given in the field: its length, and that it is valid
// UTF-8 without control characters. It adds each broken rule to fs.
func CheckName(field, name string, fs *fault.Fields) {
	checkText(field, "", name, 1, MaxNameLength, fs)
}

// CheckLabels checks a job's labels, which were given in the field: their number, and each key and
// value as CheckName does. The path to a label is field.key.
func CheckLabels(field string, labels map[string]string, fs *fault.Fields) {
	if len(labels) > MaxLabels {
		fs.Add(field, fault.TooMany(MaxLabels))
		return
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		path := field + "." + shorten(key)
		checkText(path, "its key ", key, 1, MaxLabelKeyLength, fs)
		checkText(path, "", labels[key], 0, MaxLabelValueLength, fs)
	}
}

// checkText checks s. Messages begin with what, which names the text if the field does not.
func checkText(field, what, s string, min, max int, fs *fault.Fields) {
	if n := utf8.RuneCountInString(s); n < min || n > max {
		rule := fault.Length(min, max)
		rule.Message = what + rule.Message
		fs.Add(field, rule)
	}
	switch {
	case !utf8.ValidString(s):
		fs.Add(field, fault.Format("utf-8", what+"must be valid UTF-8"))
	case strings.ContainsFunc(s, unicode.IsControl):
		fs.Add(field, fault.Format("text", what+"must not have control characters"))
	}
}

// shorten returns a key for a path: valid UTF-8, and little longer than a valid key.
func shorten(key string) string {
	runes := []rune(key)
	if len(runes) > MaxLabelKeyLength {
		return fmt.Sprintf("%s…", string(runes[:MaxLabelKeyLength]))
	}
	return string(runes)
}
