package crawllog

import (
	"encoding/json"
	"strings"
	"time"
)

// A cookieText is the JSON of a cookie; see cookiePrefix.
type cookieText struct {
	Origin  string `json:"o"`
	Domain  string `json:"d,omitempty"`
	Path    string `json:"p"`
	Name    string `json:"n"`
	Value   string `json:"v"`
	Quoted  bool   `json:"q,omitempty"`
	Secure  bool   `json:"s,omitempty"`
	Expires int64  `json:"e,omitempty"` // Unix seconds
}

// text returns the URL under which a retry record holds the cookie; see cookiePrefix.
func (r *Cookie) text() string {
	c := cookieText{r.Origin, r.Domain, r.Path, r.Name, r.Value, r.Quoted, r.Secure, 0}
	if !r.Expires.IsZero() {
		c.Expires = max(1, r.Expires.Unix())
	}
	var b strings.Builder
	b.WriteString(cookiePrefix)
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		panic("crawllog: " + err.Error()) // strings and numbers can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Fits reports whether the cookie is short enough to be recorded: about 4,000 bytes.
func (r *Cookie) Fits() bool { return len(r.text()) <= MaxStringBytes }

// cookie returns the cookie in a text, whose cookiePrefix is removed.
func (r *reader) cookie(text string, at time.Time) Record {
	var c cookieText
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		r.fail()
		return nil
	}
	cookie := &Cookie{c.Origin, c.Domain, c.Path, c.Name, c.Value, c.Quoted, c.Secure, time.Time{}, at}
	if c.Expires > 0 {
		cookie.Expires = time.Unix(c.Expires, 0).UTC()
	}
	return cookie
}
