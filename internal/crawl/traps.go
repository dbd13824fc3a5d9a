package crawl

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// traps are the bounds on the URLs of a site without end; see config.Traps. They apply to new URLs
// that are not seeds.
type traps struct {
	segments, repeats  int
	variants, sessions int64
	depth              int
	hostURLs           int64
}

// newTraps returns the bounds of a resolved configuration. A stopping criterion max_depth replaces
// the bound on the depth.
func newTraps(c *config.Traps, l limits) traps {
	t := traps{
		segments: *c.MaxPathSegments, repeats: *c.MaxRepeatedSegments,
		variants: *c.MaxURLVariants, sessions: *c.MaxSessionVariants,
		depth: *c.MaxDepth, hostURLs: *c.MaxHostURLs,
	}
	if l.maxDepth >= 0 {
		t.depth = math.MaxInt
	}
	return t
}

// refuse returns the reason why a URL leads into a trap, or "". h is nil if the frontier has no URL
// of the host.
func (t traps) refuse(f *frontier, h *host, discovered *crawllog.Discovered) string {
	switch {
	case discovered.Depth > t.depth:
		return reasonTrapDepth
	case h != nil && h.joined >= t.hostURLs:
		return reasonTrapHost
	case t.refusePath(discovered.URL):
		return reasonTrapPath
	}
	for _, g := range groupsOf(discovered.URL) {
		limit := t.variants
		if g.session {
			limit = t.sessions
		}
		if f.variants[g.id] >= limit {
			return reasonTrapVariants
		}
	}
	return ""
}

// refusePath reports whether a URL's path has too many segments, or repeats one too often.
func (t traps) refusePath(url string) bool {
	_, path, _ := weburl.Split(url)
	path = strings.TrimSuffix(path[1:], "/")
	n := strings.Count(path, "/") + 1
	if n > t.segments || n <= t.repeats {
		return n > t.segments
	}
	var buf [32]string
	segments := buf[:0]
	for s := range strings.SplitSeq(path, "/") {
		segments = append(segments, s)
	}
	slices.Sort(segments)
	for i := t.repeats; i < n; i++ {
		if segments[i-t.repeats] == segments[i] {
			return true
		}
	}
	return false
}

// A group is the URLs that differ only in their query and path parameters, or only in their session
// id.
type group struct {
	id      uint64
	session bool
}

// groupsOf returns the groups that a URL belongs to. Most belong to none.
func groupsOf(url string) []group {
	if !strings.ContainsAny(url, "?;(") {
		return nil
	}
	origin, path, query := weburl.Split(url)
	plain, rest, isVariant := stripParams(path)
	kept, hasSession := stripSessions(query)
	var groups []group
	if isVariant || len(origin)+len(path) < len(url) {
		groups = append(groups, group{id: hashOf(origin, plain)})
	}
	if hasSession || len(rest) < len(path) {
		groups = append(groups, group{id: hashOf(origin, rest, "?", kept), session: true})
	}
	return groups
}

// hashOf returns 64 bits of a collision-resistant hash, which is the same in every process.
func hashOf(parts ...string) uint64 {
	var buf [256]byte
	b := buf[:0]
	for _, p := range parts {
		b = append(b, p...)
	}
	k := weburl.KeyOfText(b)
	return binary.LittleEndian.Uint64(k[:])
}

// stripParams returns a path without parameters, the path without session ids, and whether it had
// parameters. Session ids are parameters, or segments such as (S(4x1f…)), which ASP.NET uses for
// browsers without cookies.
func stripParams(path string) (plain, rest string, had bool) {
	if !strings.ContainsAny(path, ";(") {
		return path, path, false
	}
	var p, r strings.Builder
	for s := range strings.SplitSeq(path[1:], "/") {
		if strings.HasPrefix(s, "(") && strings.HasSuffix(s, "))") {
			had = true
			continue
		}
		name, params, found := strings.Cut(s, ";")
		had = had || found
		p.WriteString("/" + name)
		r.WriteString("/" + name)
		for found {
			var param string
			param, params, found = strings.Cut(params, ";")
			if !isSession(param) {
				r.WriteString(";" + param)
			}
		}
	}
	return p.String(), r.String(), had
}

// stripSessions returns a query without session ids, and whether it had some.
func stripSessions(query string) (rest string, had bool) {
	if query == "" {
		return "", false
	}
	var kept []string
	for param := range strings.SplitSeq(query, "&") {
		if isSession(param) {
			had = true
		} else {
			kept = append(kept, param)
		}
	}
	if !had {
		return query, false
	}
	return strings.Join(kept, "&"), true
}

// sessionNames are the names of parameters that hold session ids: of Java, PHP, ColdFusion and
// shops. A name with false has other meanings too, and counts only if its value could be a
// session id.
var sessionNames = map[string]bool{
	"jsessionid": true, "phpsessid": true, "cfid": true, "cftoken": true, "oscsid": true, "zenid": true, "xtcsid": true,
	"s": false, "sid": false, "sess": false, "sessid": false, "session": false, "sessionid": false, "session_id": false,
}

// isSession reports whether a parameter, such as a=b, is a session id.
func isSession(param string) bool {
	name, value, _ := strings.Cut(param, "=")
	if len(name) > 32 {
		return false
	}
	name = strings.ToLower(name)
	always, known := sessionNames[name]
	return always || known && isRandom(value) || strings.HasPrefix(name, "aspsessionid")
}

// isRandom reports whether a value could be a random number: sixteen or more hexadecimal
// digits, with or without hyphens.
func isRandom(value string) bool {
	return len(value) >= 16 && strings.Trim(strings.ToLower(value), "0123456789abcdef-") == ""
}
