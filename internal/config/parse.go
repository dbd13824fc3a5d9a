package config

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
	"github.com/inndx/runs/internal/weburl"
)

// Parse reads a configuration from JSON. It fails with kind Malformed when data is not
// JSON, and otherwise with kind Invalid and every field that breaks a rule; their paths
// begin with path, for instance "config".
func Parse(data []byte, path string) (Config, error) { return parse(data, path, &reader{}) }

// ParseStored is like Parse for a configuration that was stored. An earlier version may have
// accepted URLs that Parse refuses, which are excluded in the run's log, and patterns beyond the
// present bounds.
func ParseStored(data []byte) (Config, error) { return parse(data, "config", &reader{stored: true}) }

func parse(data []byte, path string, r *reader) (Config, error) {
	var faults fault.Fields
	v, err := strictjson.Parse(data, path, &faults)
	if err != nil {
		return Config{}, err
	}
	c := r.config(v)
	if err := faults.Err(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// Read is like Parse for a configuration that is part of a larger document. What is wrong
// is recorded with that document's faults; the Config is of use only when nothing was.
func Read(v strictjson.Value) Config { return new(reader).config(v) }

func (r *reader) config(v strictjson.Value) Config {
	var c Config
	o, ok := v.Object()
	if !ok {
		return c
	}
	c.UserAgent = userAgent(o)
	for _, l := range lists {
		*l.parts(&c) = r.parts(o, l)
	}
	c.Speed = speed(o)
	c.Fetcher = fetcher(o)
	c.Traps = traps(o)
	c.MaxQueueSize = integer[int64](o, "max_queue_size", 1, MaxQueueSize)
	o.Close()
	// What is stored is the resolved form, and it must still be readable.
	if !r.stored && len(c.Resolve().Canonical()) > MaxBytes {
		v.Fail(fault.Rule{
			Code:    "too_large",
			Message: fmt.Sprintf("must have at most %d bytes with every default filled in", MaxBytes),
			Params:  map[string]any{"max": MaxBytes},
		})
	}
	return c
}

// A reader holds how a configuration is read, and what is bounded over the whole of it.
type reader struct {
	stored       bool // see ParseStored
	patternsSize int  // instructions of all expressions so far
}

func (r *reader) parts(o *strictjson.Object, l list) []Part {
	v, ok := o.Member(l.name)
	if !ok {
		return nil
	}
	values, ok := v.List(MaxParts)
	if !ok {
		return nil
	}
	parts := make([]Part, 0, len(values))
	seen := map[string]bool{}
	for _, v := range values {
		part, once, ok := r.part(v, l)
		if !ok {
			continue
		}
		if once && seen[part.Kind] {
			v.Fail(fault.Rule{Code: "duplicate", Message: "must be the only " + part.Kind + " of the list"})
		}
		seen[part.Kind] = true
		parts = append(parts, part)
	}
	return parts
}

// part returns a part and whether a list may have only one of its kind.
func (r *reader) part(v strictjson.Value, l list) (part Part, once, ok bool) {
	o, ok := v.Object()
	if !ok {
		return part, false, false
	}
	defer o.Close()
	kindValue, hasKind := o.Required("kind")
	paramsValue, hasParams := o.Member("params")
	if !hasKind {
		return part, false, false
	}
	name, ok := kindValue.String()
	if !ok {
		return part, false, false
	}
	k, ok := l.kind(name)
	if !ok {
		kindValue.Fail(fault.Unknown(l.kindNames()...))
		return part, false, false
	}
	params := o.Empty("params")
	if hasParams {
		if params, ok = paramsValue.Object(); !ok {
			return part, false, false
		}
	}
	part = Part{Kind: name, Params: k.read(r, params)}
	params.Close()
	return part, k.once, true
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
	most, mostAll := MaxPatternSize, MaxTotalPatternSize
	if r.stored {
		most, mostAll = storedPatternSize, storedTotalPatternSize
	}
	size := 0
	if r.patternsSize <= mostAll { // beyond, compiling more would only cost time
		var err error
		if size, err = RegexSize(s); err != nil {
			v.Fail(fault.Format("re2", "is not an RE2 expression: "+regexProblem(err)))
			return "", false
		}
		r.patternsSize += size
	}
	if size > most || r.patternsSize > mostAll {
		v.Fail(fault.Rule{
			Code:    "too_large",
			Message: fmt.Sprintf("must compile to at most %d instructions, all expressions together to at most %d", most, mostAll),
			Params:  map[string]any{"max": most, "max_total": mostAll},
		})
		return "", false
	}
	return s, true
}

// RegexSize compiles an RE2 expression as package regexp does and returns its size in
// instructions.
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

// regexProblem says what is wrong with an expression, and in which part of it.
func regexProblem(err error) string {
	if e := (*syntax.Error)(nil); errors.As(err, &e) {
		return fmt.Sprintf("%s at %q", e.Code, e.Expr)
	}
	return err.Error()
}

func urlPattern(v strictjson.Value) (p URLPattern, ok bool) {
	o, ok := v.Object()
	if !ok {
		return p, false
	}
	defer o.Close()
	hostname, hasHostname := o.Member("hostname")
	pathname, hasPathname := o.Member("pathname")
	if !hasHostname && !hasPathname {
		v.Fail(fault.Rule{Code: "required", Message: "must have a hostname, a pathname or both"})
		return p, false
	}
	if hasHostname {
		p.Hostname = hostnamePattern(hostname)
	}
	if hasPathname {
		p.Pathname = pathnamePattern(pathname)
	}
	return p, true
}

func hostnamePattern(v strictjson.Value) string {
	s, ok := text(v, MaxHostnameBytes)
	if !ok {
		return ""
	}
	// An IPv6 address is the one hostname with colons, and stands in brackets.
	name := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		name = strings.ReplaceAll(s[1:len(s)-1], ":", "")
	}
	if strings.ContainsFunc(name, notHostname) {
		v.Fail(fault.Format("hostname-pattern", "must be a hostname such as *.example.com, without a port, "+
			"and with international names in their xn-- form"))
	}
	return s
}

func notHostname(r rune) bool {
	return r > '~' || r <= ' ' || strings.ContainsRune(`"#%/:<>?@[\]^`+"`{|}", r)
}

func pathnamePattern(v strictjson.Value) string {
	s, ok := text(v, MaxPatternBytes)
	if !ok {
		return ""
	}
	wrong := func(r rune) bool { return r > '~' || r <= ' ' || r == '?' || r == '#' }
	if s[0] != '/' && s[0] != '*' || strings.ContainsFunc(s, wrong) {
		v.Fail(fault.Format("pathname-pattern", "must be a path such as /docs/*, begin with / or *, "+
			"have no query or fragment, and have what is not ASCII percent-encoded"))
	}
	return s
}

func userAgent(o *strictjson.Object) *string {
	v, ok := o.Member("user_agent")
	if !ok {
		return nil
	}
	s, ok := text(v, MaxUserAgentBytes)
	if !ok {
		return nil
	}
	if strings.TrimSpace(s) != s || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		v.Fail(fault.Format("user-agent", "must be printable ASCII characters and neither begin nor end with a space"))
	}
	return &s
}

func speed(o *strictjson.Object) *Speed {
	p, ok := group(o, "speed")
	if !ok {
		return nil
	}
	defer p.Close()
	s := &Speed{
		Concurrency:        integer[int](p, "concurrency", 1, MaxConcurrency),
		PerHostConcurrency: integer[int](p, "per_host_concurrency", 1, MaxConcurrency),
	}
	concurrency := DefaultConcurrency
	if s.Concurrency != nil {
		concurrency = *s.Concurrency
	}
	if s.PerHostConcurrency != nil && *s.PerHostConcurrency > concurrency {
		v, _ := p.Member("per_host_concurrency")
		rule := fault.Range(1, concurrency)
		rule.Message += ", the concurrency"
		v.Fail(rule)
	}
	return s
}

func fetcher(o *strictjson.Object) *Fetcher {
	p, ok := group(o, "fetcher")
	if !ok {
		return nil
	}
	defer p.Close()
	return &Fetcher{
		Timeout:      duration(p, "timeout", MinTimeout, MaxTimeout),
		MaxBodyBytes: integer[int64](p, "max_body_bytes", MinBodyBytes, MaxBodyBytes),
		MaxRedirects: integer[int](p, "max_redirects", 0, MaxRedirects),
		MaxRetries:   integer[int](p, "max_retries", 0, MaxRetries),
		CookieJar:    boolean(p, "cookie_jar"),
	}
}

func traps(o *strictjson.Object) *Traps {
	p, ok := group(o, "traps")
	if !ok {
		return nil
	}
	defer p.Close()
	return &Traps{
		MaxPathSegments:     integer[int](p, "max_path_segments", 1, MaxPathSegments),
		MaxRepeatedSegments: integer[int](p, "max_repeated_segments", 1, MaxPathSegments),
		MaxURLVariants:      integer[int64](p, "max_url_variants", 1, MaxURLVariants),
		MaxSessionVariants:  integer[int64](p, "max_session_variants", 1, MaxURLVariants),
		MaxDepth:            integer[int](p, "max_depth", 1, MaxTrapDepth),
		MaxHostURLs:         integer[int64](p, "max_host_urls", 1, MaxHostURLs),
	}
}

func group(o *strictjson.Object, name string) (*strictjson.Object, bool) {
	v, ok := o.Member(name)
	if !ok {
		return nil, false
	}
	return v.Object()
}

// urls reads a list of a seed's URLs or hosts. The check says what is wrong with one, "" if it is
// valid.
func (r *reader) urls(v strictjson.Value, check func(string) string) []string {
	values, ok := v.List(MaxListURLs)
	if !ok {
		return nil
	}
	if len(values) == 0 {
		v.Fail(fault.Empty())
	}
	list := make([]string, 0, len(values))
	for _, v := range values {
		if s, ok := text(v, MaxURLBytes); ok {
			if problem := check(s); problem != "" && !r.stored {
				v.Fail(fault.Format("uri", problem))
			}
			list = append(list, s)
		}
	}
	return list
}

// checkURL says why a crawl cannot begin with the URL s, "" if it can. It is parsed as a link of a
// page is.
func checkURL(s string) string {
	_, err := weburl.Parse(s)
	return problem(err)
}

// checkHost is like checkURL for a host.
func checkHost(s string) string {
	_, err := HostURL(s)
	return problem(err)
}

// errHost says that a string has more than a host.
var errHost = errors.New("config: not a host")

// HostURL returns the URL of the root of a host as a seed names it: by its name and maybe a port,
// such as example.com, which means https; or by its origin, such as http://localhost:8080.
func HostURL(host string) (weburl.URL, error) {
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	u, err := weburl.Parse(host)
	if err == nil && (u.RequestURI() != "/" || strings.Contains(host, "#")) {
		return weburl.URL{}, errHost
	}
	return u, err
}

// problem says what is wrong with a URL or a host, "" if err is nil.
func problem(err error) string {
	switch err {
	case nil:
		return ""
	case errHost:
		return "must be a host such as example.com, or an origin such as http://example.com:8080"
	case weburl.ErrRelative, weburl.ErrScheme:
		return "must be an absolute http or https URL"
	case weburl.ErrHost:
		return "must have a host that is a name of the DNS or an IP address"
	case weburl.ErrCredentials:
		return "must not have a user name or password"
	case weburl.ErrPort:
		return "must have a port between 1 and 65535"
	default: // weburl.ErrTooLong
		return fmt.Sprintf("must have at most %d bytes when it is percent-encoded", weburl.MaxLength)
	}
}

// patterns reads an optional list of patterns.
func patterns[P any](o *strictjson.Object, name string, read func(strictjson.Value) (P, bool)) []P {
	v, ok := o.Member(name)
	if !ok {
		return nil
	}
	values, ok := v.List(MaxPatterns)
	if !ok {
		return nil
	}
	list := make([]P, 0, len(values))
	for _, v := range values {
		if p, ok := read(v); ok {
			list = append(list, p)
		}
	}
	return list
}

// text reads a string of 1 to max bytes.
func text(v strictjson.Value, max int) (string, bool) {
	s, ok := v.String()
	if !ok {
		return "", false
	}
	if len(s) < 1 || len(s) > max {
		v.Fail(fault.Rule{
			Code:    "length",
			Message: fmt.Sprintf("must have between 1 and %d bytes", max),
			Params:  map[string]any{"min": 1, "max": max},
		})
		return "", false
	}
	return s, true
}

// constant reads a required string that has only one possible value.
func constant(o *strictjson.Object, name, want string) string {
	if v, ok := o.Required(name); ok {
		if s, ok := v.String(); ok && s != want {
			v.Fail(fault.OneOf(want))
		}
	}
	return want
}

func boolean(o *strictjson.Object, name string) *bool {
	if v, ok := o.Member(name); ok {
		if b, ok := v.Bool(); ok {
			return &b
		}
	}
	return nil
}

func integer[T int | int64](o *strictjson.Object, name string, min, max T) *T {
	if v, ok := o.Member(name); ok {
		if n, ok := v.Int(int64(min), int64(max)); ok {
			t := T(n)
			return &t
		}
	}
	return nil
}

func required[T int | int64](o *strictjson.Object, name string, min, max T) T {
	o.Required(name)
	return deref(integer(o, name, min, max))
}

func duration(o *strictjson.Object, name string, min, max Duration) *Duration {
	v, ok := o.Member(name)
	if !ok {
		return nil
	}
	s, ok := v.String()
	if !ok {
		return nil
	}
	d, err := ParseDuration(s)
	if err != nil {
		v.Fail(fault.Format("duration", "must be a duration such as 30s, 1m30s or 6h"))
		return nil
	}
	if d < min || d > max {
		v.Fail(fault.Range(min.String(), max.String()))
		return nil
	}
	return &d
}

// deref returns what p points to, and zero for nil.
func deref[T any](p *T) (t T) {
	if p != nil {
		t = *p
	}
	return t
}
