package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"

	"github.com/inndx/runs/internal/fault"
)

// Origins are those whose pages may call the API from a browser. An element is an origin such
// as https://console.example.com, or one of *, http://* and https://*.
type Origins []string

// ParseOrigins reads a list of origins with commas between, as the template's parameter
// CorsOrigins has it. Empty means none. The error says which element breaks which rule.
func ParseOrigins(list string) (Origins, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	var all Origins
	for element := range strings.SplitSeq(list, ",") {
		element = strings.TrimSpace(element)
		u, err := url.Parse(element)
		wild := element == "*" || element == "http://*" || element == "https://*"
		if !wild && (err != nil || u.Host == "" || u.Scheme+"://"+u.Host != element || strings.Contains(u.Host, "*")) {
			return nil, fmt.Errorf("must be origins such as https://console.example.com with commas between, or *, not %q", element)
		}
		all = append(all, strings.ToLower(element))
	}
	return all, nil
}

// allow reports whether pages of the origin may call.
func (o Origins) allow(origin string) bool {
	scheme, _, _ := strings.Cut(origin, "://")
	return slices.Contains(o, "*") || slices.Contains(o, origin) || slices.Contains(o, scheme+"://*")
}

// withCORS lets pages of the allowed origins call h, by the rules that the template gives API
// Gateway.
func (s *Server) withCORS(h http.Handler) http.Handler {
	if len(s.origins) == 0 {
		return h
	}
	return cors.New(cors.Options{
		AllowOriginFunc: s.origins.allow,
		AllowedMethods:  []string{"GET", "POST", "PUT", "PATCH", "DELETE"},
		AllowedHeaders: []string{
			"authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-amz-date",
			"x-amz-security-token", "x-request-id", "x-tenant-id",
		},
		ExposedHeaders: []string{"etag", "link", "location", "retry-after", "x-request-id"},
		MaxAge:         3600,
		// A page from the internet that calls this machine is asked for it by some browsers.
		AllowPrivateNetwork: true,
	}).Handler(h)
}

// admit refuses, on one machine, what a web page elsewhere makes a browser send. A client that
// reaches the service there may do everything, so it must not be reached by a name that an
// attacker points at this machine (DNS rebinding), nor from a page of another origin. A link to
// the documents may be followed from anywhere.
func (s *Server) admit(r *http.Request) error {
	if !s.loopbackOnly {
		return nil
	}
	if !isLoopbackName(r.Host) {
		return fault.Because(fault.ReasonForeignHost,
			"the Host of a request must be a name of this machine: localhost, a name that ends in .localhost, or a loopback address")
	}
	if s.isForeign(r) {
		return fault.Because(fault.ReasonForeignOrigin,
			"a page of another origin sent the request; CORS_ORIGINS names the origins whose pages may")
	}
	return nil
}

// isForeign reports whether a page of an origin that is neither the service's own nor allowed
// sent the request, by the headers that browsers add: https://www.w3.org/TR/fetch-metadata/ and
// https://fetch.spec.whatwg.org/#origin-header. Other clients send neither.
func (s *Server) isForeign(r *http.Request) bool {
	named := false
	for _, origin := range r.Header.Values("Origin") {
		_, host, _ := strings.Cut(origin, "://")
		named = s.origins.allow(origin)
		if !named && !strings.EqualFold(host, r.Host) {
			return true
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin": // "none": a person typed the address, or followed a bookmark
		return false
	}
	return !named && !slices.Contains(s.origins, "*") && !isVisit(r)
}

// isVisit reports whether a person follows a link to a document of the service.
func isVisit(r *http.Request) bool {
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead
	document := r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/.well-known/")
	return safe && document && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// isLoopbackName reports whether a Host names this machine, whatever its port.
func isLoopbackName(host string) bool {
	u, err := url.Parse("//" + host)
	if err != nil || u.Host != host || host == "" {
		return false
	}
	name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") { // RFC 6761, section 6.3
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}
