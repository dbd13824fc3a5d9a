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

// Origins are the origins whose pages may call the API from a browser. An element is an origin such
// as https://console.example.com, or *, http://* or https://*.
type Origins []string

// ParseOrigins parses a comma-separated list of origins, which is the form of the template's
// parameter CorsOrigins. An empty list means no origins. The error names the invalid element and
// the rule.
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

// allow reports whether pages of the origin may call the API.
func (o Origins) allow(origin string) bool {
	scheme, _, _ := strings.Cut(origin, "://")
	return slices.Contains(o, "*") || slices.Contains(o, origin) || slices.Contains(o, scheme+"://*")
}

// withCORS returns a handler that lets pages of the allowed origins call h. Its rules are those
// that template.yaml sets for API Gateway.
func (s *Server) withCORS(h http.Handler) http.Handler {
	if len(s.opts.Origins) == 0 {
		return h
	}
	return cors.New(cors.Options{
		AllowOriginFunc: s.opts.Origins.allow,
		AllowedMethods:  []string{"GET", "POST", "PUT", "PATCH", "DELETE"},
		AllowedHeaders: []string{
			"authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-amz-date",
			"x-amz-security-token", "x-request-id", "x-tenant-id",
		},
		ExposedHeaders: []string{"etag", "link", "location", "retry-after", "x-request-id"},
		MaxAge:         3600,
		// Some browsers require this of a page from the internet that calls this machine.
		AllowPrivateNetwork: true,
	}).Handler(h)
}

// checkOrigin returns an error for a request that a foreign web page made a browser send, if
// Options.LoopbackOnly is set. Every client that reaches a service on one machine may do
// everything. So the service must not be reachable by a name that an attacker points at this
// machine (DNS rebinding), or from a page of another origin. Links to the docs work on every page.
func (s *Server) checkOrigin(r *http.Request) error {
	if !s.opts.LoopbackOnly {
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

// isForeign reports whether the request comes from a page whose origin is neither the service's own
// nor allowed. Browsers say so in header fields that other clients do not send. See
// https://www.w3.org/TR/fetch-metadata/ and https://fetch.spec.whatwg.org/#origin-header.
func (s *Server) isForeign(r *http.Request) bool {
	allowed := false
	for _, origin := range r.Header.Values("Origin") {
		_, host, _ := strings.Cut(origin, "://")
		allowed = s.opts.Origins.allow(origin)
		if !allowed && !strings.EqualFold(host, r.Host) {
			return true
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin": // "none": the user typed the address or used a bookmark
		return false
	}
	return !allowed && !slices.Contains(s.opts.Origins, "*") && !isNavigation(r)
}

// isNavigation reports whether the user followed a link to the docs.
func isNavigation(r *http.Request) bool {
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead
	document := r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/.well-known/")
	return safe && document && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// isLoopbackName reports whether a Host, with or without a port, names this machine.
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
