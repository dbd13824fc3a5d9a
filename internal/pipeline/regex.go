package pipeline

import (
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"github.com/inndx/runs/internal/config"
)

// A regex is a compiled RE2 expression that is matched against long texts.
type regex struct {
	*regexp.Regexp
	size int64 // instructions
}

// stepsPerUnit is how many instructions of a regex for one byte count as a unit.
const stepsPerUnit = 16

// maxMatch bounds the units of a match that is not interrupted.
const maxMatch = 1 << 20

func newRegex(pattern string) (*regex, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	size, err := config.RegexSize(pattern)
	if err == nil && size > config.MaxPatternSize {
		err = fmt.Errorf("the pattern %.100q compiles to %d instructions, more than %d", pattern, size, config.MaxPatternSize)
	}
	return &regex{re, int64(size)}, err
}

// match reports whether the expression matches anywhere in s, which is valid UTF-8.
func (re *regex) match(ev *evaluation, s string) bool {
	if units := 1 + re.size*int64(len(s))/stepsPerUnit; units < maxMatch {
		ev.spend(units)
		return re.MatchString(s)
	}
	return re.MatchReader(&meteredReader{ev: ev, s: s, size: re.size})
}

// A meteredReader reads a string for a regex, and spends the units of the match meanwhile.
type meteredReader struct {
	ev   *evaluation
	s    string
	size int64
	read int // bytes that were not spent
}

// ReadRune implements io.RuneReader.
func (r *meteredReader) ReadRune() (rune, int, error) {
	if r.s == "" {
		return 0, 0, io.EOF
	}
	c, n := utf8.DecodeRuneInString(r.s)
	r.s = r.s[n:]
	if r.read += n; r.read >= 1<<10 {
		r.ev.spend(1 + r.size*int64(r.read)/stepsPerUnit)
		r.read = 0
	}
	return c, n, nil
}
