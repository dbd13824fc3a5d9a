package config

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// The bounds of middleware.
const (
	// MaxMiddleware bounds the middleware of a fetcher.
	MaxMiddleware = 20
	// MaxLanguages bounds the languages of set_language.
	MaxLanguages = 20
	// MaxAcceptLanguageBytes bounds accept_language.
	MaxAcceptLanguageBytes = 256
)

// The values of the member on of mutate_headers.
const (
	OnRequest  = "request"
	OnResponse = "response"
)

type (
	// SetLanguage (set_language) sets the header Accept-Language of requests.
	SetLanguage struct {
		Languages []Language `json:"languages"`
	}
	// A Language is a language range (RFC 4647, section 2.1) and its weight, from 0 to 1 with at
	// most 3 decimal places (RFC 9110, section 12.4.2). Its JSON is a list of both.
	Language struct {
		Range  string
		Weight float64
	}
	// MutateHeaders (mutate_headers) sets headers: those of requests before they are sent, or those
	// of responses before anything reads them.
	MutateHeaders struct {
		On      string        `json:"on"` // OnRequest or OnResponse
		Headers []HeaderValue `json:"headers"`
	}
	// A HeaderValue is the name of a header, in canonical form, and its value. Its JSON is a list
	// of both.
	HeaderValue struct{ Name, Value string }
)

// MarshalJSON implements [json.Marshaler].
func (l Language) MarshalJSON() ([]byte, error) { return json.Marshal([]any{l.Range, l.Weight}) }

// MarshalJSON implements [json.Marshaler].
func (h HeaderValue) MarshalJSON() ([]byte, error) { return marshalText([]string{h.Name, h.Value}) }

var middleware = list{
	name:  "middleware",
	max:   MaxMiddleware,
	kinds: []kind{setLanguageKind, mutateHeadersKind},
	other: []string{"mutate_path", "mutate_method", "mutate_json_body"},
}

var setLanguageKind = kind{
	name: "set_language",
	read: func(_ *reader, o *strictjson.Object) any {
		l := &SetLanguage{}
		if v, ok := o.Required("languages"); ok {
			l.Languages = items(v, 1, MaxLanguages, language)
		}
		return l
	},
}

// languageRange matches the basic language ranges (RFC 4647, section 2.1).
const languageRange = `(?:\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)`

var (
	validLanguage       = regexp.MustCompile(`^` + languageRange + `$`)
	validAcceptLanguage = regexp.MustCompile(`^` + weightedRange + `(?:[ \t]*,[ \t]*` + weightedRange + `)*$`)
)

const weightedRange = languageRange + `(?:[ \t]*;[ \t]*q=(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?`

func language(v strictjson.Value) (l Language, ok bool) {
	first, second, ok := pair(v, "a language and its weight, such as [en-US, 1.0]")
	if !ok {
		return l, false
	}
	l.Range, ok = text(first, MaxAcceptLanguageBytes)
	if ok && !validLanguage.MatchString(l.Range) {
		first.Fail(fault.Format("language", "must be a language such as en-US, or *"))
		return l, false
	}
	weight, isNumber := second.Number(0, 1)
	l.Weight = weight + 0 // never -0
	if isNumber && len(weightText(weight)) > len("0.000") {
		second.Fail(fault.Format("weight", "must have at most 3 decimal places"))
		return l, false
	}
	return l, ok && isNumber
}

// weightText returns a weight in decimal.
func weightText(w float64) string { return strconv.FormatFloat(w, 'f', -1, 64) }

// pair reads a list of exactly two values.
func pair(v strictjson.Value, what string) (first, second strictjson.Value, ok bool) {
	values, ok := v.List(2)
	if ok && len(values) < 2 {
		v.Fail(fault.Format("pair", "must be a list of "+what))
		return first, second, false
	}
	if !ok {
		return first, second, false
	}
	return values[0], values[1], true
}

var mutateHeadersKind = kind{
	name: "mutate_headers",
	read: func(_ *reader, o *strictjson.Object) any {
		o.Required("on")
		m := &MutateHeaders{On: deref(enum(o, "on", OnRequest, OnResponse))}
		if v, ok := o.Required("headers"); ok {
			seen := map[string]bool{}
			m.Headers = items(v, 1, MaxHeaders, func(v strictjson.Value) (HeaderValue, bool) {
				h, ok := m.header(v)
				if ok && seen[h.Name] {
					v.Fail(fault.Rule{Code: "duplicate", Message: "must be the only value of " + h.Name})
				}
				seen[h.Name] = true
				return h, ok
			})
		}
		return m
	},
}

// header reads a header that m sets.
func (m *MutateHeaders) header(v strictjson.Value) (h HeaderValue, ok bool) {
	first, second, ok := pair(v, "the name of a header and its value, such as [X-Team, docs]")
	if !ok {
		return h, false
	}
	name, ok := first.String()
	if !ok {
		return h, false
	}
	h.Name, ok = headerName(first, name)
	if ok && credentialHeader(h.Name) {
		first.Fail(fault.Rule{Code: "reserved", Message: "must not be " + h.Name + ", because a credential belongs to some hosts: " +
			"see headers, basic_auth, bearer and cookies of fetcher"})
		return h, false
	}
	value, valid := headerValue(second)
	h.Value = value
	return h, ok && valid
}

// credentialHeader reports whether a header holds credentials by definition.
func credentialHeader(name string) bool { return name == "Authorization" || name == "Set-Cookie" }

func acceptLanguage(o *strictjson.Object) *string {
	v, ok := o.Member("accept_language")
	if !ok {
		return nil
	}
	s, ok := text(v, MaxAcceptLanguageBytes)
	if !ok {
		return nil
	}
	if !validAcceptLanguage.MatchString(s) {
		v.Fail(fault.Format("accept-language", "must be languages such as en-US,en;q=0.9"))
		return nil
	}
	return &s
}

// String returns the value of Accept-Language for the languages.
func (l SetLanguage) String() string {
	var b strings.Builder
	for i, language := range l.Languages {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(language.Range)
		if language.Weight != 1 {
			b.WriteString(";q=" + weightText(language.Weight))
		}
	}
	return b.String()
}
