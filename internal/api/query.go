package api

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// maxValues bounds the number of values of one parameter.
const maxValues = 100

// A param declares one query parameter.
type param struct {
	name string
	kind paramKind
	// read stores one value and returns nil, or returns the rule that the value breaks. The value
	// is unescaped and not empty. The key is empty unless kind is keyed.
	read func(key, value string) *fault.Rule
}

type paramKind int

const (
	single paramKind = iota // name=v, at most once
	list                    // name=v or name[]=v, repeated
	keyed                   // name[key]=v, or name={"key": "v"}, each key at most once
)

// parseQuery parses a raw query into the declared parameters, and adds everything that is wrong
// with it to fs. Then it calls check, unless it is nil. It parses the raw query, because an API
// Gateway HTTP API joins repeated keys with commas everywhere else (payload format 2.0), and
// because net/url drops pairs that it cannot decode. A semicolon is an ordinary character, as it is
// in the URL standard's application/x-www-form-urlencoded.
func parseQuery(raw string, params []param, check func(*queryParser), fs *fault.Fields) {
	q := queryParser{params: params, faults: fs, count: map[string]int{}}
	for pair := range strings.SplitSeq(raw, "&") {
		if len(*fs) >= maxFields {
			return
		}
		if pair != "" {
			q.pair(pair)
		}
	}
	if check != nil {
		check(&q)
	}
}

// A queryParser is the state of one call of parseQuery.
type queryParser struct {
	params []param
	faults *fault.Fields
	count  map[string]int // number of values per parameter, and per name[key] of a keyed one
}

// pair parses one name=value.
func (q *queryParser) pair(raw string) {
	name, value, err := decodePair(raw)
	if err != nil {
		q.fail(name, *err)
		return
	}
	p, key, ok := q.lookup(name)
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

// object parses a keyed parameter written as one JSON object. Clients made by OpenAPI Generator
// send this form.
func (q *queryParser) object(p param, text string) {
	var faults fault.Fields
	v, err := strictjson.Parse([]byte(text), p.name, &faults)
	if err != nil {
		q.fail(p.name, notKeyed(p.name))
		return
	}
	object, _ := v.Object() // text starts with a brace
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

// value parses one value of a parameter. The field is the parameter's name in errors, with the key
// of a keyed parameter.
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
		if rule := p.read(key, value); rule != nil {
			q.fail(field, *rule)
		}
	}
}

// lookup returns the parameter with the decoded name and, for name[key], the key. The key extends
// from the first bracket to the last, so it may contain brackets. For name[key][], which some
// clients send for lists, the key is empty, and so the pair is rejected.
func (q *queryParser) lookup(name string) (param, string, bool) {
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

// known returns the names of the declared parameters, in the form that a query has them.
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

// fail adds a broken rule to the field, unless the field already has a rule with the same code.
func (q *queryParser) fail(field string, rule fault.Rule) {
	for _, f := range *q.faults {
		if f.Field == field && slices.ContainsFunc(f.Errors, func(r fault.Rule) bool { return r.Code == rule.Code }) {
			return
		}
	}
	q.faults.Add(field, rule)
}

// decodePair splits and unescapes name=value. If it fails, it returns a name for the error: the
// unescaped name, or the raw one if that cannot be unescaped.
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

// withPage returns a valid raw query with another value of page.
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
