package api

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// maxValues bounds the values of one parameter.
const maxValues = 100

// A param declares one query parameter. take reads one value, already unescaped and not
// empty, and returns the rule it breaks or nil; key is set for a keyed parameter only.
type param struct {
	name string
	kind paramKind
	take func(key, value string) *fault.Rule
}

type paramKind int

const (
	single paramKind = iota // name=v, at most once
	list                    // name=v or name[]=v, repeated
	keyed                   // name[key]=v, or name={"key": "v"}, each key at most once
)

// parseQuery reads a raw query by the declared parameters and records all that is wrong
// with it. The raw form is parsed because an API Gateway HTTP API joins repeated keys by
// commas everywhere else (payload format 2.0), and because net/url drops pairs it cannot
// decode. A semicolon is an ordinary character, as in the URL standard's
// application/x-www-form-urlencoded.
func parseQuery(raw string, params []param, fs *fault.Fields) {
	q := queryParser{params: params, faults: fs, count: map[string]int{}}
	for pair := range strings.SplitSeq(raw, "&") {
		if len(*fs) >= maxFields {
			return
		}
		if pair != "" {
			q.pair(pair)
		}
	}
}

// queryParser is the state of one parseQuery.
type queryParser struct {
	params []param
	faults *fault.Fields
	count  map[string]int // values by parameter, and by name[key] of keyed ones
}

// pair reads one key=value.
func (q *queryParser) pair(raw string) {
	name, value, err := decodePair(raw)
	if err != nil {
		q.fail(name, *err)
		return
	}
	p, key, ok := q.find(name)
	if !ok {
		q.fail(name, fault.Unknown(q.known()...))
		return
	}
	switch {
	case p.kind != keyed:
		q.value(p, p.name, "", value)
	case key != "":
		q.value(p, name, key, value)
	case name == p.name && strings.HasPrefix(value, "{"):
		q.object(p, value)
	default:
		q.fail(p.name, notKeyed(p.name))
	}
}

// object reads a keyed parameter that is written as one JSON object, as the clients of OpenAPI
// Generator do. No other spelling of the parameter begins so.
func (q *queryParser) object(p param, text string) {
	var faults fault.Fields
	v, err := strictjson.Parse([]byte(text), p.name, &faults)
	if err != nil {
		q.fail(p.name, notKeyed(p.name))
		return
	}
	object, _ := v.Object() // as its first character says
	for key, member := range object.Members() {
		switch value, ok := member.String(); {
		case len(*q.faults) >= maxFields:
			return
		case ok && key == "":
			q.fail(p.name, notKeyed(p.name))
		case ok:
			q.value(p, p.name+"["+key+"]", key, value)
		}
	}
	object.Close()
	for _, f := range faults {
		field := f.Field
		if key, ok := strings.CutPrefix(field, p.name+"."); ok {
			field = p.name + "[" + key + "]"
		}
		for _, rule := range f.Errors {
			q.fail(field, rule)
		}
	}
}

func notKeyed(name string) fault.Rule {
	return fault.Format(name+"[key]=value", "must be written "+name+`[key]=value, or as a JSON object such as {"key": "value"}`)
}

// value reads one value of a parameter. field is the parameter as an error names it, with the
// key of a keyed one.
func (q *queryParser) value(p param, field, key, value string) {
	if p.kind == keyed {
		q.count[field]++
	}
	q.count[p.name]++
	switch {
	case p.kind != list && q.count[field] > 1:
		q.fail(field, repeated())
	case q.count[p.name] > maxValues:
		q.fail(p.name, fault.TooMany(maxValues))
	case value == "":
		q.fail(field, fault.Empty())
	default:
		if rule := p.take(key, value); rule != nil {
			q.fail(field, *rule)
		}
	}
}

// find returns the parameter that a decoded name stands for and, for name[key], the key. A
// key is all between the first bracket and the last, so that it may hold brackets itself;
// name[key][], which some clients write for lists, is given no key and so refused.
func (q *queryParser) find(name string) (param, string, bool) {
	base, rest, bracket := strings.Cut(name, "[")
	for _, p := range q.params {
		switch {
		case p.name != base:
		case p.kind == keyed:
			key, closed := strings.CutSuffix(rest, "]")
			if !closed || strings.HasSuffix(key, "][") {
				key = ""
			}
			return p, key, true
		case !bracket, p.kind == list && rest == "]":
			return p, "", true
		}
	}
	return param{}, "", false
}

// known lists the parameters as they are written.
func (q *queryParser) known() []string {
	var names []string
	for _, p := range q.params {
		if p.kind == keyed {
			names = append(names, p.name+"[key]")
		} else {
			names = append(names, p.name)
		}
	}
	return names
}

// fail records that a parameter breaks a rule, each rule once.
func (q *queryParser) fail(field string, rule fault.Rule) {
	for _, f := range *q.faults {
		if f.Field == field && slices.ContainsFunc(f.Errors, func(r fault.Rule) bool { return r.Code == rule.Code }) {
			return
		}
	}
	q.faults.Add(field, rule)
}

// decodePair splits and unescapes key=value. When it fails, the name is the best there is
// to show: unescaped if possible, otherwise as it was written.
func decodePair(raw string) (name, value string, rule *fault.Rule) {
	rawName, rawValue, _ := strings.Cut(raw, "=")
	name, rule = unescape(rawName)
	if rule != nil {
		return strings.ToValidUTF8(rawName, "\uFFFD"), "", rule
	}
	value, rule = unescape(rawValue)
	return name, value, rule
}

func unescape(s string) (string, *fault.Rule) {
	u, err := url.QueryUnescape(s)
	if err != nil {
		rule := fault.Format("percent-encoding", "must be percent-encoded: % is followed by two hexadecimal digits")
		return "", &rule
	}
	if !utf8.ValidString(u) {
		rule := fault.Format("utf-8", "must be UTF-8, percent-encoded")
		return "", &rule
	}
	return u, nil
}

// withPage returns a query that was parsed without a fault with its page replaced.
func withPage(raw, page string) string {
	var b strings.Builder
	for pair := range strings.SplitSeq(raw, "&") {
		if name, value, rule := decodePair(pair); pair != "" && rule == nil && name != "page" {
			b.WriteString(url.QueryEscape(name) + "=" + url.QueryEscape(value) + "&")
		}
	}
	return b.String() + "page=" + url.QueryEscape(page)
}

func repeated() fault.Rule {
	return fault.Rule{Code: "duplicate", Message: "must be given only once"}
}

// textParam declares a single string.
func textParam(name string, to *string) param {
	return param{name, single, func(_, v string) *fault.Rule {
		*to = v
		return nil
	}}
}

// textsParam declares a list of strings.
func textsParam(name string, to *[]string) param {
	return param{name, list, func(_, v string) *fault.Rule {
		*to = append(*to, v)
		return nil
	}}
}

var integer = regexp.MustCompile(`^-?[0-9]+$`)

// intParam declares a single integer from min to max, in decimal digits.
func intParam(name string, to *int, min, max int) param {
	return param{name, single, func(_, v string) *fault.Rule {
		var rule fault.Rule
		n, err := strconv.Atoi(v)
		switch {
		case !integer.MatchString(v):
			rule = fault.Type("an integer")
		case err != nil || n < min || n > max: // err: more digits than an int holds
			rule = fault.Range(min, max)
		default:
			*to = n
			return nil
		}
		return &rule
	}}
}

// boolParam declares a single true or false.
func boolParam(name string, to *bool) param {
	return param{name, single, func(_, v string) *fault.Rule {
		if v != "true" && v != "false" {
			rule := fault.OneOf("true", "false")
			return &rule
		}
		*to = v == "true"
		return nil
	}}
}

// choiceParam declares a single value out of those that have a function, which it calls.
func choiceParam(name string, choices map[string]func()) param {
	return param{name, single, func(_, v string) *fault.Rule {
		choose, ok := choices[v]
		if !ok {
			rule := fault.OneOf(slices.Sorted(maps.Keys(choices))...)
			return &rule
		}
		choose()
		return nil
	}}
}

// uuidsParam declares a list of UUIDs.
func uuidsParam(name string, to *[]uuid.UUID) param {
	return param{name, list, func(_, v string) *fault.Rule {
		id, rule := parseUUID(v)
		if rule == nil {
			*to = append(*to, id)
		}
		return rule
	}}
}

// enumParam declares a list of values out of those allowed.
func enumParam[T ~string](name string, to *[]T, allowed []T) param {
	return param{name, list, func(_, v string) *fault.Rule {
		if !slices.Contains(allowed, T(v)) {
			var all []string
			for _, a := range allowed {
				all = append(all, string(a))
			}
			rule := fault.OneOf(all...)
			return &rule
		}
		*to = append(*to, T(v))
		return nil
	}}
}

// labelsParam declares a map of strings.
func labelsParam(name string, to *map[string]string) param {
	return param{name, keyed, func(key, v string) *fault.Rule {
		if *to == nil {
			*to = map[string]string{}
		}
		(*to)[key] = v
		return nil
	}}
}

// beforeParam declares an exclusive upper bound on times that have whole microseconds: a
// finer bound is rounded up, which selects the same.
func beforeParam(name string, to *time.Time) param {
	return param{name, single, func(_, v string) *fault.Rule {
		t, rule := parseTime(v)
		if rule != nil {
			return rule
		}
		if floor := t.Truncate(time.Microsecond); !floor.Equal(t) || t.IsZero() {
			t = floor.Add(time.Microsecond) // a zero bound would mean none
		}
		*to = t
		if t.After(latest) {
			*to = latest
		}
		return nil
	}}
}

// afterParam declares an exclusive lower bound on times that have whole microseconds: a
// finer bound is rounded down, which selects the same.
func afterParam(name string, to *time.Time) param {
	return param{name, single, func(_, v string) *fault.Rule {
		t, rule := parseTime(v)
		if rule != nil {
			return rule
		}
		*to = t.Truncate(time.Microsecond)
		if to.IsZero() {
			*to = to.Add(time.Microsecond) // a zero bound would mean none
		}
		return nil
	}}
}

// The times that RFC 3339 can write in UTC, year 0 left out since Go's zero time is in 1.
var (
	earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
)

// timeLayout is the grammar of RFC 3339, section 5.6, in upper case, with two liberties: the
// offset may lack its colon, as ISO 8601 writes it, and its plus sign may have become a space,
// which a query makes of one that was not escaped. Neither can mean anything else.
var timeLayout = regexp.MustCompile(
	`^(\d{4}-\d\d-\d\dT\d\d:\d\d:)(\d\d)((?:\.\d+)?)(?:(Z)|([ +-])((?:[01]\d|2[0-3])):?([0-5]\d))$`)

// parseTime reads an RFC 3339 time with any offset and returns it in UTC. A leap second is the
// second after it.
func parseTime(v string) (time.Time, *fault.Rule) {
	invalid := fault.Format("date-time", "must be an RFC 3339 time such as 2026-01-02T15:04:05Z")
	m := timeLayout.FindStringSubmatch(strings.ToUpper(v))
	if m == nil {
		return time.Time{}, &invalid
	}
	minute, second, fraction, zone := m[1], m[2], m[3], m[4]
	if zone == "" {
		zone = strings.Replace(m[5], " ", "+", 1) + m[6] + ":" + m[7]
	}
	leap := second == "60"
	if leap {
		second = "59"
	}
	t, err := time.Parse(time.RFC3339, minute+second+fraction+zone)
	if err != nil {
		return time.Time{}, &invalid
	}
	t = t.UTC()
	if leap {
		t = t.Add(time.Second)
		// It ends a month of UTC, see RFC 3339, section 5.7: what follows begins one.
		if t.Day() != 1 || t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0 {
			return time.Time{}, &invalid
		}
	}
	if t.Before(earliest) || t.Year() > latest.Year() {
		rule := fault.Range(earliest.Format(time.RFC3339), latest.Format(time.RFC3339))
		return time.Time{}, &rule
	}
	return t, nil
}
