package config

import (
	"net/textproto"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// The bounds of headers.
const (
	// MaxHeaders bounds the headers of one list.
	MaxHeaders = 50
	// MaxHeaderNameBytes and MaxHeaderBytes bound the name and the value of a header.
	MaxHeaderNameBytes = 100
	MaxHeaderBytes     = MaxSecretBytes
)

// reservedHeaders are the headers of a request that a configuration cannot set, with what to use
// instead, if anything. The client or the server of a connection sets the others (RFC 9110,
// sections 6.4, 7.6.1 and 10.1.1; RFC 9112, section 6).
var reservedHeaders = map[string]string{
	"Accept-Encoding": "", "Connection": "", "Content-Length": "", "Content-Encoding": "", "Expect": "", "Host": "",
	"Http2-Settings": "", "Keep-Alive": "", "Proxy-Authenticate": "", "Proxy-Authorization": "fetcher.proxy",
	"Proxy-Connection": "", "Te": "", "Trailer": "", "Transfer-Encoding": "", "Upgrade": "",
	"Cookie": "fetcher.cookies", "User-Agent": "user_agent",
}

// headerName reads the name of a header of a request, and returns it in canonical form.
func headerName(v strictjson.Value, s string) (string, bool) {
	if len(s) > MaxHeaderNameBytes || !validToken(s) {
		v.Fail(fault.Format("header-name", "must be the name of a header such as X-Api-Key, in at most 100 characters"))
		return "", false
	}
	s = textproto.CanonicalMIMEHeaderKey(s)
	instead, reserved := reservedHeaders[s]
	if !reserved {
		return s, true
	}
	rule := fault.Rule{Code: "reserved", Message: "must not be " + s + ", which the client sets"}
	if instead != "" {
		rule.Message = "must not be " + s + ", which " + instead + " sets"
	}
	v.Fail(rule)
	return "", false
}

// validToken reports whether s is a token (RFC 9110, section 5.6.2).
func validToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// headerProblem returns what is wrong with the value of a header, "" if it is valid (RFC 9110,
// section 5.5, without the obsolete bytes).
func headerProblem(s string) string {
	if strings.TrimSpace(s) != s || strings.ContainsFunc(s, func(r rune) bool { return r != '\t' && r < ' ' || r > '~' }) {
		return "must be printable ASCII characters and neither begin nor end with a space"
	}
	return ""
}

// headerValue reads the value of a header that is no secret.
func headerValue(v strictjson.Value) (string, bool) {
	s, ok := text(v, MaxHeaderBytes)
	if !ok {
		return "", false
	}
	if problem := headerProblem(s); problem != "" {
		v.Fail(fault.Format("header-value", problem))
		return "", false
	}
	return s, true
}

// Header is the value of a header that is sent to some hosts.
type Header struct {
	Secret
	// Hosts are the hosts that get the header; see Fetcher.
	Hosts []string
}

// MarshalJSON implements [json.Marshaler]. The JSON of a header without hosts is that of its
// secret.
func (h Header) MarshalJSON() ([]byte, error) {
	if h.Hosts == nil {
		return h.Secret.MarshalJSON()
	}
	return marshalText(struct {
		Value string   `json:"value,omitempty"`
		Name  string   `json:"secret,omitempty"`
		Hosts []string `json:"hosts"`
	}{h.Value, h.Name, h.Hosts})
}

// headers reads headers by their names.
func (r *reader) headers(v strictjson.Value) map[string]Header {
	o, ok := v.Object()
	if !ok {
		return nil
	}
	defer o.Close()
	headers := map[string]Header{}
	n := 0
	for given, v := range o.Members() {
		if n++; n > MaxHeaders {
			o.Fail(fault.TooMany(MaxHeaders))
			return headers
		}
		name, ok := headerName(v, given)
		if !ok {
			continue
		}
		if _, twice := headers[name]; twice {
			v.Fail(fault.Rule{Code: "duplicate", Message: "must be given only once, in upper or lower case"})
			continue
		}
		headers[name] = r.header(v)
	}
	return headers
}

// header reads the value of a header: a secret, or an object that has its hosts too.
func (r *reader) header(v strictjson.Value) (h Header) {
	if v.IsString() {
		h.Value = r.secretValue(v, headerProblem)
		return h
	}
	o, ok := v.Object()
	if !ok {
		return h
	}
	defer o.Close()
	h.Hosts = credentialHosts(o)
	value, hasValue := o.Member("value")
	secret, hasSecret := o.Member("secret")
	switch {
	case hasValue && hasSecret:
		secret.Fail(fault.Rule{Code: "conflict", Message: "must not be given with value"})
	case hasValue:
		h.Value = r.secretValue(value, headerProblem)
	default:
		h.Secret, _ = secretName(o)
	}
	return h
}
