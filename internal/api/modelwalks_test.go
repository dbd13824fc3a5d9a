package api_test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"
	"github.com/inndx/runs/internal/tenant"
)

// A cursor is the cursor of a next page that the service returned.
type cursor struct {
	tenant tenant.ID
	query  query
	text   string
	after  item // the last item of the page
}

// page requests a page, compares it with that of the model, and returns the cursor of the next
// page, or nil after the last page.
func (m *machine) page(c client, w *world, q query, limit int, at *cursor) *cursor {
	m.t.Helper()
	text, after := "", (*item)(nil)
	if at != nil {
		text, after = at.text, &at.after
	}
	path := m.url(q, limit, text)
	if q.job != uuid.Nil && w.jobs[q.job] == nil {
		m.call(c, 404, "GET", path, nil)
		return nil
	}
	r := m.call(c, 200, "GET", path, nil)
	if r.status != 200 {
		return nil
	}
	want, more := q.expect(w, after, limit)
	next := m.comparePage(path, q, r, want)
	if (next != nil) != more || (r.header.Get("Link") != "") != more {
		m.t.Errorf("%s: next_page %v, Link %q; want another page: %t", path, next, r.header.Get("Link"), more)
	}
	if next == nil || len(want) == 0 {
		return nil
	}
	returned := cursor{tenant: c.tenant, query: q, text: *next, after: want[len(want)-1]}
	m.cursors = append(m.cursors, returned)
	m.cursors = m.cursors[max(0, len(m.cursors)-200):]
	return &returned
}

func (m *machine) comparePage(path string, q query, r response, want []item) (next *string) {
	m.t.Helper()
	var got []any
	if q.jobs() {
		page := r.jobs()
		next = page.NextPage
		for _, j := range page.Items {
			got = append(got, j)
		}
	} else {
		page := r.runs()
		next = page.NextPage
		for _, r := range page.Items {
			got = append(got, r)
		}
	}
	var values []any
	for _, i := range want {
		values = append(values, i.value)
	}
	m.same(path, values, got)
	return next
}

func (m *machine) someLimit() int { return pick(m, []int{1, 1, 2, 3, 5, 10, 100}) }

func (m *machine) list(c client, w *world) {
	m.page(c, w, m.someQuery(w), m.someLimit(), nil)
}

// walkAll reads a list to its end, with a random size of each page.
func (m *machine) walkAll(c client, w *world) {
	q := m.someQuery(w)
	for at := m.page(c, w, q, m.someLimit(), nil); at != nil; {
		at = m.page(c, w, q, m.someLimit(), at)
	}
}

// A walk reads a list page by page, with other operations in between.
type walk struct {
	tenant tenant.ID
	query  query
	at     *cursor
}

// continueWalk starts a walk or requests the next page of one. The page starts after the last item
// of the page before, even if items have been created, changed or deleted in the meantime.
func (m *machine) continueWalk(client, *world) {
	if len(m.walks) < 8 {
		t := []tenant.ID{"acme", "Acme"}[m.rng.IntN(2)]
		m.walks = append(m.walks, &walk{tenant: t, query: m.someQuery(m.worlds[t])})
	}
	n := m.rng.IntN(len(m.walks))
	w := m.walks[n]
	if w.at = m.page(m.as(w.tenant), m.worlds[w.tenant], w.query, m.someLimit(), w.at); w.at == nil {
		m.walks = slices.Delete(m.walks, n, n+1)
	}
}

// foreignCursor uses a cursor for a list, in most cases one that did not return it.
func (m *machine) foreignCursor(c client, w *world) {
	if len(m.cursors) == 0 {
		return
	}
	at, q := pick(m, m.cursors), m.someQuery(w)
	switch m.rng.IntN(3) {
	case 0: // the same list, perhaps of the other tenant
		q = at.query
	case 1: // another list with the same runs
		q = at.query
		q.values = maps.Clone(q.values)
		q.values["exclude_ids"] = append(slices.Clone(q.values["exclude_ids"]), m.newID().String())
	}
	if at.tenant == c.tenant && at.query.scope() == q.scope() {
		m.page(c, w, q, m.someLimit(), &at)
		return
	}
	m.wantRejected(c, w, q, at.text)
}

// damagedCursor uses a cursor with a flipped bit, or with a missing or repeated part.
func (m *machine) damagedCursor(client, *world) {
	if len(m.cursors) == 0 {
		return
	}
	at := pick(m, m.cursors)
	data, err := base64.RawURLEncoding.DecodeString(at.text)
	if err != nil {
		m.t.Fatal(err)
	}
	text := at.text
	switch cut := m.rng.IntN(len(text)); m.rng.IntN(5) {
	case 0:
		text = text[:cut]
	case 1:
		text = text[:cut] + text
	case 2:
		b := []byte(text)
		b[cut] ^= 1 << m.rng.IntN(8)
		text = string(b)
	default:
		data[m.rng.IntN(len(data))] ^= 1 << m.rng.IntN(8)
		text = base64.RawURLEncoding.EncodeToString(data)
	}
	if text == at.text || text == "" {
		return
	}
	m.wantRejected(m.as(at.tenant), m.worlds[at.tenant], at.query, text)
}

func (m *machine) wantRejected(c client, w *world, q query, text string) {
	m.t.Helper()
	path := m.url(q, m.someLimit(), text)
	if q.job != uuid.Nil && w.jobs[q.job] == nil {
		m.call(c, 404, "GET", path, nil)
		return
	}
	r := m.call(c, http.StatusUnprocessableEntity, "GET", path, nil)
	if r.status == http.StatusUnprocessableEntity {
		if f := r.errorBody(); len(f.Fields) != 1 || f.Fields[0].Field != "page" {
			m.t.Errorf("%s: %s", path, r.body)
		}
	}
}
