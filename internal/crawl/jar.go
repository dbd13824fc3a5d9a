package crawl

import (
	"container/list"
	"hash/maphash"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/inndx/runs/internal/crawllog"
)

const (
	// maxSiteCookies bounds the cookies of one site, as browsers do (RFC 6265, section 6.1,
	// requires at least 50). The oldest ones are evicted.
	maxSiteCookies = 180
	// maxCookieBytes bounds the bytes of all cookies of a run. The oldest ones are evicted.
	maxCookieBytes = 1 << 20
	// maxCookieCommit and maxCookieLog bound the bytes of cookies that one commit and a whole run
	// record. Cookies beyond them are kept, but not across workers.
	maxCookieCommit = 64 << 10
	maxCookieLog    = 16 << 20
)

// A jar keeps the cookies of one run, within bounds, and the changes that are not recorded yet. Its
// rules are those of RFC 6265 as package cookiejar implements them, with the public suffix list.
// Runs never share a jar. It may be used by many goroutines at once, and implements http.CookieJar.
type jar struct {
	mu      sync.Mutex
	jar     *cookiejar.Jar
	kept    map[cookieID]*list.Element // of order
	order   list.List                  // of *keptCookie, the oldest first
	sites   map[string]int             // cookies of each site
	bytes   int
	changed map[cookieID]*crawllog.Cookie // to be recorded
	logged  int                           // bytes that were recorded
}

// A cookieID identifies a cookie: a cookie with the same id replaces it (RFC 6265, section 5.3).
type cookieID struct{ domain, path, name string }

type keptCookie struct {
	id     cookieID
	site   string
	record *crawllog.Cookie
	logged bool // the log has the cookie, maybe with an earlier value
}

func newJar() *jar {
	inner, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		panic(err) // it never fails
	}
	return &jar{
		jar: inner, kept: map[cookieID]*list.Element{}, sites: map[string]int{},
		changed: map[cookieID]*crawllog.Cookie{},
	}
}

// Cookies returns the cookies to send in a request for u.
func (j *jar) Cookies(u *url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.kept) == 0 {
		return nil
	}
	return j.jar.Cookies(u)
}

// SetCookies keeps the cookies that a response to a request for u set, at most the last
// maxSiteCookies. The others would be evicted anyway: a header has room for thousands, and keeping
// one takes time in proportion to the cookies of its site.
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	cookies = cookies[max(0, len(cookies)-maxSiteCookies):]
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	for _, c := range cookies {
		if r := newCookieRecord(u, c, now); r.Fits() {
			j.set(r)
		}
	}
}

// restore keeps a cookie that was read from the log.
func (j *jar) restore(r *crawllog.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.logged += cookieSize(r)
	id := j.set(r)
	delete(j.changed, id)
	if e := j.kept[id]; e != nil {
		e.Value.(*keptCookie).logged = true
	}
}

// changes returns the cookies to record in one commit, the oldest first: the present state of those
// that were set or deleted since they were recorded.
func (j *jar) changes() []*crawllog.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.changed) == 0 {
		return nil
	}
	ids := slices.SortedFunc(maps.Keys(j.changed), func(a, b cookieID) int {
		return j.changed[a].SetAt.Compare(j.changed[b].SetAt)
	})
	var records []*crawllog.Cookie
	for n := 0; len(ids) > 0 && n < maxCookieCommit; ids = ids[1:] {
		r := j.changed[ids[0]]
		delete(j.changed, ids[0])
		size := cookieSize(r)
		if n += size; j.logged+size > maxCookieLog {
			continue
		}
		j.logged += size
		records = append(records, r)
		if e := j.kept[ids[0]]; e != nil {
			e.Value.(*keptCookie).logged = true
		}
	}
	return records
}

var cookieSeed = maphash.MakeSeed()

// hash returns a hash of the cookies to send in a request for a URL, 0 for none. Hashes of
// different processes differ.
func (j *jar) hash(raw string) uint64 {
	if j.empty() {
		return 0
	}
	u, err := url.Parse(raw)
	if err != nil {
		return 0
	}
	cookies := j.Cookies(u)
	if len(cookies) == 0 {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(cookieSeed)
	for _, c := range cookies {
		h.WriteString(c.Name)
		h.WriteByte('=')
		h.WriteString(c.Value)
		h.WriteByte(';')
	}
	return max(h.Sum64(), 1)
}

// empty reports whether no cookies are kept.
func (j *jar) empty() bool {
	if j == nil {
		return true
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.kept) == 0
}

// size returns about how many bytes the jar takes.
func (j *jar) size() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	const perCookie = 500
	return 2*j.bytes + perCookie*len(j.kept)
}

// set keeps or deletes one cookie, and marks the cookie as changed if it differs from the kept one.
// It returns the id of the cookie, which is empty if the record is not valid.
func (j *jar) set(r *crawllog.Cookie) cookieID {
	origin, err := url.Parse(r.Origin)
	if err != nil || r.Path == "" {
		return cookieID{}
	}
	host := strings.ToLower(origin.Hostname())
	id := cookieID{r.Domain, r.Path, r.Name}
	if r.Domain == "" {
		id.domain = host
	}
	if host != id.domain && !strings.HasSuffix(host, "."+id.domain) {
		return id // a site must not replace a cookie of another site
	}
	e := j.kept[id]
	if !j.store(origin, r) { // refused, or deleted
		if e != nil {
			j.remove(e)
		}
		return id
	}
	// If no such cookie is kept, only its deletion can wait to be recorded: the log has the cookie.
	_, logged := j.changed[id]
	if e != nil {
		old := e.Value.(*keptCookie)
		if sameCookie(old.record, r) {
			return id
		}
		logged = old.logged
		j.forget(e)
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		site = host
	}
	j.kept[id] = j.order.PushBack(&keptCookie{id, site, r, logged})
	j.sites[site]++
	j.bytes += cookieSize(r)
	j.changed[id] = r
	for j.sites[site] > maxSiteCookies {
		j.evict(func(k *keptCookie) bool { return k.site == site })
	}
	for j.bytes > maxCookieBytes {
		j.evict(func(*keptCookie) bool { return true })
	}
	return id
}

// store sets a cookie in the inner jar, and reports whether the inner jar keeps it.
func (j *jar) store(origin *url.URL, r *crawllog.Cookie) bool {
	c := &http.Cookie{
		Name: r.Name, Value: r.Value, Quoted: r.Quoted, Domain: r.Domain, Path: r.Path,
		Expires: r.Expires, Secure: r.Secure,
	}
	j.jar.SetCookies(origin, []*http.Cookie{c})
	for _, kept := range j.jar.Cookies(&url.URL{Scheme: "https", Host: origin.Host, Path: r.Path}) {
		if kept.Name == r.Name && kept.Value == r.Value {
			return true
		}
	}
	return false
}

// evict deletes the oldest cookie that matches.
func (j *jar) evict(match func(*keptCookie) bool) {
	for e := j.order.Front(); e != nil; e = e.Next() {
		k := e.Value.(*keptCookie)
		if !match(k) {
			continue
		}
		gone := *k.record
		gone.Expires = deletedAt
		if origin, err := url.Parse(gone.Origin); err == nil {
			j.store(origin, &gone)
		}
		j.remove(e)
		return
	}
}

// remove drops a cookie that is deleted. If the cookie was recorded, its deletion is to be
// recorded.
func (j *jar) remove(e *list.Element) {
	k := j.forget(e)
	delete(j.changed, k.id)
	if k.logged {
		gone := *k.record
		gone.Value, gone.Expires, gone.SetAt = "", deletedAt, stamp(time.Now())
		j.changed[k.id] = &gone
	}
}

func (j *jar) forget(e *list.Element) *keptCookie {
	k := j.order.Remove(e).(*keptCookie)
	delete(j.kept, k.id)
	j.bytes -= cookieSize(k.record)
	if j.sites[k.site]--; j.sites[k.site] == 0 {
		delete(j.sites, k.site)
	}
	return k
}
