package fetch

import (
	"net/http"
	"slices"

	"github.com/inndx/runs/internal/weburl"
)

type (
	// A Header is set in the requests for the URLs for which To returns true. Nil is all URLs. Each
	// request is judged by its own URL, so a redirect to another host takes no credential along.
	Header struct {
		Name, Value string
		To          func(weburl.URL) bool
	}
	// A Cookie is sent to the URLs for which To returns true, on all paths. A cookie of the same
	// name that the host sets replaces it: as in a browser, a session may get a new value. Once
	// that cookie has ended, this one is sent again.
	Cookie struct {
		Name, Value string
		To          func(weburl.URL) bool
	}
)

// addCredentials sets the headers and the cookies of a request for u. The jar has the cookies kept
// for it.
func (c *Client) addCredentials(req *http.Request, u weburl.URL, kept []*http.Cookie) {
	for _, h := range c.opts.Headers {
		if h.To == nil || h.To(u) {
			req.Header.Set(h.Name, h.Value)
		}
	}
	for _, configured := range c.opts.Cookies {
		replaced := slices.ContainsFunc(kept, func(k *http.Cookie) bool { return k.Name == configured.Name })
		if !replaced && configured.To(u) {
			req.AddCookie(&http.Cookie{Name: configured.Name, Value: configured.Value})
		}
	}
	for _, k := range kept {
		req.AddCookie(k)
	}
}

// withoutConfigured returns the cookies of a response in which those that equal a configured one
// are deleted. The jar would record the value, and send it to wherever the response says.
func (c *Client) withoutConfigured(u weburl.URL, cookies []*http.Cookie) []*http.Cookie {
	for i, cookie := range cookies {
		for _, configured := range c.opts.Cookies {
			if cookie.Name == configured.Name && cookie.Value == configured.Value && configured.To(u) {
				gone := *cookie
				gone.Value, gone.MaxAge = "", -1
				cookies[i] = &gone
			}
		}
	}
	return cookies
}
