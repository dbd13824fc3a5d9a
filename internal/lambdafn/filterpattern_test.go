package lambdafn

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A pattern matches the lines of a log that a metric filter matches: comparisons of members of JSON
// objects with strings, in which * is any text, and with numbers, joined by && and ||. A comparison
// with a member that a line lacks does not hold. See
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html.
type pattern func(line map[string]any) bool

var patternTokens = regexp.MustCompile(`"[^"]*"|&&|\|\||!=|>=|<=|[(){}=<>]|\$[.A-Za-z_]+|-?[0-9.]+`)

func parsePattern(text string) (p pattern, err error) {
	tokens := patternTokens.FindAllString(text, -1)
	if rest := strings.TrimSpace(patternTokens.ReplaceAllString(text, "")); rest != "" {
		return nil, fmt.Errorf("%q has %q", text, rest)
	}
	next := func() string {
		if len(tokens) == 0 {
			panic("it ends early")
		}
		first := tokens[0]
		tokens = tokens[1:]
		return first
	}
	expect := func(want string) {
		if got := next(); got != want {
			panic(fmt.Sprintf("%s in place of %s", got, want))
		}
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%q: %v", text, v)
		}
	}()
	var either, all, one func() pattern
	either = func() pattern {
		p := all()
		for len(tokens) > 0 && tokens[0] == "||" {
			next()
			left, right := p, all()
			p = func(line map[string]any) bool { return left(line) || right(line) }
		}
		return p
	}
	all = func() pattern {
		p := one()
		for len(tokens) > 0 && tokens[0] == "&&" {
			next()
			left, right := p, one()
			p = func(line map[string]any) bool { return left(line) && right(line) }
		}
		return p
	}
	one = func() pattern {
		first := next()
		if first == "(" {
			p := either()
			expect(")")
			return p
		}
		member, ok := strings.CutPrefix(first, "$.")
		if !ok {
			panic(first)
		}
		return comparison(member, next(), next())
	}
	expect("{")
	p = either()
	expect("}")
	if len(tokens) > 0 {
		return nil, fmt.Errorf("%q has %v at its end", text, tokens)
	}
	return p, nil
}

// comparison returns a pattern that compares a member with a literal.
func comparison(member, operator, literal string) pattern {
	text, isText := strings.CutPrefix(literal, `"`)
	text = strings.TrimSuffix(text, `"`)
	number, err := strconv.ParseFloat(literal, 64)
	if !isText && err != nil || isText && operator != "=" && operator != "!=" {
		panic(operator + " " + literal)
	}
	return func(line map[string]any) bool {
		switch v := memberOf(line, member).(type) {
		case string:
			matches, err := path.Match(text, strings.ReplaceAll(v, "/", "|")) // its * does not match a slash
			return isText && err == nil && matches == (operator == "=")
		case float64:
			if isText {
				return false
			}
			switch operator {
			case "=":
				return v == number
			case "!=":
				return v != number
			case ">":
				return v > number
			}
			panic(operator)
		}
		return false
	}
}

// memberOf returns a member of an object, or of an object in it, as in "record.status".
func memberOf(line map[string]any, name string) any {
	first, rest, nested := strings.Cut(name, ".")
	if !nested {
		return line[first]
	}
	inner, _ := line[first].(map[string]any)
	return memberOf(inner, rest)
}

// counted returns the sum that a metric filter of the template counts in a log.
func counted(t *testing.T, filter string, log fmt.Stringer) (sum float64) {
	t.Helper()
	f := readTemplate(t).Resources[filter].Properties
	matches, err := parsePattern(f.FilterPattern)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if !matches(entry) {
			continue
		}
		value := f.MetricTransformations[0].MetricValue
		if member, ok := strings.CutPrefix(value, "$."); ok {
			n, _ := memberOf(entry, member).(float64)
			sum += n
		} else if value == "1" {
			sum++
		}
	}
	return sum
}
