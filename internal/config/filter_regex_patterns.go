package config

import (
	"errors"
	"fmt"
	"regexp/syntax"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// The bounds of regular expressions, in instructions of the compiled program; see RegexSize. In the
// worst case, matching runs all instructions for each byte of a URL.
const (
	// MaxPatternSize bounds one expression. An expression of MaxPatternBytes without counted
	// repetitions stays below the bound. A short one such as (\w{30}){30} does not.
	MaxPatternSize = 1_600
	// MaxTotalPatternSize bounds all expressions of a configuration together.
	MaxTotalPatternSize = 50_000

	// The bounds of earlier versions, which apply to stored configurations.
	storedPatternSize      = 5_000
	storedTotalPatternSize = 100_000
)

// RegexPatterns (regex_patterns) passes or refuses URLs by RE2 expressions, which may match
// anywhere in the URL. Deny wins over Allow. DefaultAllow decides when neither matches; by default
// it is true if Allow is empty.
type RegexPatterns struct {
	Allow        []string `json:"allow,omitzero"`
	Deny         []string `json:"deny,omitzero"`
	DefaultAllow *bool    `json:"default_allow,omitzero"`
}

var regexPatternsKind = kind{
	name: "regex_patterns",
	read: func(r *reader, o *strictjson.Object) any {
		return &RegexPatterns{
			Allow:        patterns(o, "allow", r.regex),
			Deny:         patterns(o, "deny", r.regex),
			DefaultAllow: boolean(o, "default_allow"),
		}
	},
}

func (p RegexPatterns) resolve() any {
	p.DefaultAllow = or(p.DefaultAllow, len(p.Allow) == 0)
	p.Allow, p.Deny = orEmpty(p.Allow), orEmpty(p.Deny)
	return &p
}

// regex reads an RE2 expression.
func (r *reader) regex(v strictjson.Value) (string, bool) {
	s, ok := text(v, MaxPatternBytes)
	if !ok {
		return "", false
	}
	if _, err := syntax.Parse(s, syntax.Perl); err != nil {
		v.Fail(fault.Format("re2", "is not an RE2 expression: "+regexProblem(err)))
		return "", false
	}
	max, maxTotal := MaxPatternSize, MaxTotalPatternSize
	if r.stored {
		max, maxTotal = storedPatternSize, storedTotalPatternSize
	}
	size := 0
	if r.patternsSize <= maxTotal { // otherwise the result is known without compiling
		var err error
		if size, err = RegexSize(s); err != nil {
			v.Fail(fault.Format("re2", "is not an RE2 expression: "+regexProblem(err)))
			return "", false
		}
		r.patternsSize += size
	}
	if size > max || r.patternsSize > maxTotal {
		v.Fail(fault.Rule{
			Code:    "too_large",
			Message: fmt.Sprintf("must compile to at most %d instructions, all expressions together to at most %d", max, maxTotal),
			Params:  map[string]any{"max": max, "max_total": maxTotal},
		})
		return "", false
	}
	return s, true
}

// RegexSize compiles an RE2 expression as package regexp does and returns its size in instructions.
func RegexSize(s string) (int, error) {
	re, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return 0, err
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return 0, err
	}
	return len(prog.Inst), nil
}

// regexProblem returns what is wrong with an expression, and in which part of it.
func regexProblem(err error) string {
	if e := (*syntax.Error)(nil); errors.As(err, &e) {
		return fmt.Sprintf("%s at %q", e.Code, e.Expr)
	}
	return err.Error()
}
