package store_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

// A walk with pages of any size and any filter shows what was recorded before it began, while the
// log grows.
func TestLogEntriesAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := storetest.New(t)
	m := newLogModel(t, s, acme)
	other := newLogModel(t, s, rival)
	other.record(randomPart(random, 3))
	m.check(crawllog.Filter{}, always(10), nil) // nothing is recorded yet
	grow := func() {
		for range min(random.IntN(3), max(0, 200-len(m.entries))) {
			m.record(randomPart(random, random.IntN(6)), randomPart(random, random.IntN(3)))
		}
	}
	for range 25 {
		grow()
		maxLimit := 3 + random.IntN(30)
		m.check(randomFilter(random), func() int { return 1 + random.IntN(maxLimit) }, grow)
	}
	m.check(crawllog.Filter{}, always(100), grow)
	m.check(crawllog.Filter{}, always(3), func() {})
	other.check(crawllog.Filter{}, always(1), func() {})
	ids := map[uuid.UUID]bool{}
	for _, e := range append(m.entries, other.entries...) {
		ids[e.ID()] = true
	}
	if len(ids) != len(m.entries)+len(other.entries) {
		t.Errorf("%d entries have %d ids", len(m.entries), len(ids))
	}
}

// One in a thousand of 40,000 outcomes matches, in a log that does not compress well. No request
// reads more than its bounds allow.
func TestLogEntriesRareMatches(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m := newLogModel(t, s, acme)
	random := rand.New(rand.NewPCG(1, 2))
	n := 0
	for range 8 {
		parts := make([][]crawllog.Record, 25)
		for i := range parts {
			for range 200 {
				o := &crawllog.Outcome{
					URL:  fmt.Sprintf("https://a.example/%x%x%x", random.Uint64(), random.Uint64(), random.Uint64()),
					Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: began,
				}
				if n++; n%1000 == 0 {
					o.Status, o.HTTPStatus, o.ErrorReason = crawllog.Error, 404, "http_status"
				}
				parts[i] = append(parts[i], o)
			}
		}
		m.record(parts...)
	}
	worst := 0.0
	used.Reset()
	for limit, f := range map[int]crawllog.Filter{
		7:   {Statuses: []crawllog.Status{crawllog.Error}},
		100: {ErrorReasons: []string{"http_status"}, Hosts: []string{"a.example"}},
	} {
		pages := m.check(f, always(limit), func() { worst = max(worst, used.Reset().Read) })
		if pages < 2 {
			t.Error("one request reads the whole log")
		}
	}
	t.Logf("a page uses at most %v units", worst)
	if worst > 200 {
		t.Errorf("a page uses %v units, want at most 200", worst)
	}
	// If nothing matches, every page is empty, and the walk still ends.
	m.check(crawllog.Filter{Hosts: []string{"b.example"}}, always(10), func() {})
}

// Every page of a log costs the same, and little even if each part holds one outcome, like the
// parts of a slow crawl.
func TestLogEntriesUnits(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m := newLogModel(t, s, acme)
	random := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		parts := make([][]crawllog.Record, 20)
		for i := range parts {
			parts[i] = randomPart(random, 1)
		}
		m.record(parts...)
	}
	used.Reset()
	first := meter.Usage{}
	m.check(crawllog.Filter{}, always(20), func() {
		usage := used.Reset()
		if first == (meter.Usage{}) {
			first = usage
			t.Logf("a page of 20: %+v", usage)
		}
		if usage != first || usage.Read > 4 {
			t.Errorf("a page uses %+v, and the first uses %+v", usage, first)
		}
	})
}

func TestLogEntriesLastPage(t *testing.T) {
	m := newLogModel(t, storetest.New(t), acme)
	random := rand.New(rand.NewPCG(5, 6))
	m.record(randomPart(random, 0), randomPart(random, 0), randomPart(random, 3))
	m.record(randomPart(random, 3), randomPart(random, 0))
	for limit, want := range map[int]int{1: 6, 2: 3, 3: 2, 4: 2, 5: 2, 6: 1, 7: 1} {
		t.Run(fmt.Sprintf("pages of %d", limit), func(t *testing.T) {
			m.t = t
			if pages := m.check(crawllog.Filter{}, always(limit), func() {}); pages != want {
				t.Errorf("%d pages, want %d", pages, want)
			}
		})
	}
}

func TestLogEntriesOfNoRun(t *testing.T) {
	s := storetest.New(t)
	m := newLogModel(t, s, acme)
	m.record(randomPart(rand.New(rand.NewPCG(7, 8)), 2))
	logs := func(owner tenant.ID, id uuid.UUID) error {
		_, err := s.LogEntries(t.Context(), run.Ref{Tenant: owner, ID: id}, crawllog.Filter{}, paging.Request{Limit: 10})
		return err
	}
	wantKind(t, logs(acme, uuid.New()), fault.NotFound)
	wantKind(t, logs(rival, m.run.ID), fault.NotFound)
	transition(t, s, acme, m.run.ID, run.Stop)
	m.check(crawllog.Filter{}, always(1), func() {})
	if err := s.DeleteRun(t.Context(), runRef(m.run.ID), nil); err != nil {
		t.Fatal(err)
	}
	if len(readLog(t, s, acme, m.run.ID)) == 0 {
		t.Fatal("the log is purged already")
	}
	wantKind(t, logs(acme, m.run.ID), fault.NotFound)
}

func TestLogEntriesCursors(t *testing.T) {
	s := storetest.New(t)
	random := rand.New(rand.NewPCG(9, 10))
	m, second, foreign := newLogModel(t, s, acme), newLogModel(t, s, acme), newLogModel(t, s, rival)
	for _, m := range []*logModel{m, second, foreign} {
		m.record(randomPart(random, 5), randomPart(random, 5))
	}
	logs := func(m *logModel, f crawllog.Filter, cursor string) (string, error) {
		page, err := s.LogEntries(t.Context(), run.Ref{Tenant: m.lease.Ref.Tenant, ID: m.run.ID}, f, paging.Request{Limit: 1, Cursor: cursor})
		return page.Next, err
	}
	f := crawllog.Filter{Steps: crawllog.Steps()[:2], Hosts: []string{"a.example", "b.example:8443", "c.example"}}
	cursor, err := logs(m, f, "")
	if err != nil || cursor == "" {
		t.Fatal(cursor, err)
	}
	same := crawllog.Filter{Steps: []crawllog.Step{crawllog.Fetch, crawllog.Schedule, crawllog.Fetch}, Hosts: []string{"c.example", "b.example:8443", "a.example"}}
	if _, err := logs(m, same, cursor); err != nil {
		t.Errorf("the cursor is refused if the values of the filter have another order: %v", err)
	}
	refused := func(t *testing.T, m *logModel, f crawllog.Filter, cursor string) {
		t.Helper()
		_, err := logs(m, f, cursor)
		wantKind(t, err, fault.Invalid)
		if !strings.Contains(err.Error(), "page") {
			t.Errorf("the error does not name page: %v", err)
		}
	}
	for name, other := range map[string]crawllog.Filter{
		"no filter":        {},
		"without hosts":    {Steps: f.Steps},
		"without steps":    {Hosts: f.Hosts},
		"and depths":       {Steps: f.Steps, Hosts: f.Hosts, Depths: []int{0}},
		"and statuses":     {Steps: f.Steps, Hosts: f.Hosts, Statuses: crawllog.Statuses()},
		"and error reason": {Steps: f.Steps, Hosts: f.Hosts, ErrorReasons: []string{"dns"}},
		"and after":        {Steps: f.Steps, Hosts: f.Hosts, OccurredAfter: began},
		"and before":       {Steps: f.Steps, Hosts: f.Hosts, OccurredBefore: began},
	} {
		t.Run("another filter: "+name, func(t *testing.T) { refused(t, m, other, cursor) })
	}
	t.Run("another run", func(t *testing.T) { refused(t, second, f, cursor) })
	t.Run("another tenant", func(t *testing.T) { refused(t, foreign, f, cursor) })
	t.Run("a flipped bit", func(t *testing.T) {
		data, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range 8 * len(data) {
			data[bit/8] ^= 1 << (bit % 8)
			refused(t, m, f, base64.RawURLEncoding.EncodeToString(data))
			data[bit/8] ^= 1 << (bit % 8)
		}
	})
	t.Run("a list of runs", func(t *testing.T) {
		page, err := s.Runs(t.Context(), acme, run.Filter{}, paging.Request{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		refused(t, m, f, page.Next)
		_, err = s.Runs(t.Context(), acme, run.Filter{}, paging.Request{Limit: 1, Cursor: cursor})
		wantKind(t, err, fault.Invalid)
	})
}

// An eventually consistent read may lag behind, and any read may see part of a write of several
// items. The list shows what was recorded all the same.
func TestLogEntriesWhenReadsLagBehind(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	table := "test-" + uuid.NewString()
	client := store.NewClient(dynamotest.Config(t))
	s := store.New(client, table)
	if err := s.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &table}); err != nil {
			t.Error(err)
		}
	})
	m := newLogModel(t, s, acme)
	for range 40 {
		m.record(randomPart(random, random.IntN(4)))
	}

	m.store = logReads(m, table, func(in *dynamodb.QueryInput, out *dynamodb.QueryOutput) {
		if strong := aws.ToBool(in.ConsistentRead); !strong || random.IntN(3) == 0 {
			out.Items = slices.DeleteFunc(out.Items, func(map[string]types.AttributeValue) bool { return random.IntN(4) == 0 })
		}
	})
	for _, limit := range []int{1, 5, 30} {
		t.Run(fmt.Sprintf("items are missing from pages of %d", limit), func(t *testing.T) {
			m.t = t
			m.check(crawllog.Filter{}, always(limit), func() {})
			m.check(crawllog.Filter{Statuses: []crawllog.Status{crawllog.Error}}, always(limit), func() {})
		})
	}
	m.t = t

	m.store = logReads(m, table, func(_ *dynamodb.QueryInput, out *dynamodb.QueryOutput) {
		out.Items = slices.DeleteFunc(out.Items, func(item map[string]types.AttributeValue) bool { return strings.HasSuffix(sortKey(item), "0000000012") })
	})
	_, err := m.store.LogEntries(t.Context(), runRef(m.run.ID), crawllog.Filter{}, paging.Request{Limit: 100})
	wantKind(t, err, fault.Internal) // the log has lost a part

	m.store = logReads(m, table, func(_ *dynamodb.QueryInput, out *dynamodb.QueryOutput) {
		out.Items = nil
		if err := s.DeleteRun(t.Context(), runRef(m.run.ID), nil); err != nil && !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		if _, err := s.Purge(t.Context(), runRef(m.run.ID), time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
	})
	_, err = m.store.LogEntries(t.Context(), runRef(m.run.ID), crawllog.Filter{}, paging.Request{Limit: 100})
	wantKind(t, err, fault.NotFound) // the run was deleted during the read
}
