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
	"github.com/aws/smithy-go/middleware"
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

// A logModel is a run whose log is known: plain, and in the order in which it was recorded.
type logModel struct {
	t       testing.TB
	store   *store.Store
	run     run.Run
	lease   *run.Lease
	entries []crawllog.Entry
}

func newLogModel(t testing.TB, s *store.Store, owner tenant.ID) *logModel {
	t.Helper()
	r := toStatus(t, s, owner, createJob(t, s, owner, plainConfig).ID, run.Running)
	return &logModel{t: t, store: s, run: r, lease: acquire(t, s, owner, r.ID, "worker")}
}

// record appends parts to the log, in one commit.
func (m *logModel) record(parts ...[]crawllog.Record) {
	m.t.Helper()
	commit := crawllog.Commit{Progress: m.lease.Progress}
	for i, records := range parts {
		commit.Parts = append(commit.Parts, crawllog.Encode(records)...)
		if len(commit.Parts) != i+1 {
			m.t.Fatal("not one part")
		}
		place := crawllog.Place{Part: m.lease.Seq + 1 + int64(i)}
		for _, r := range records {
			if o, ok := r.(*crawllog.Outcome); ok {
				m.entries = append(m.entries, crawllog.Entry{Outcome: *o, RunID: m.run.ID, JobID: m.run.JobID, Place: place})
				place.Index++
			}
		}
	}
	if err := m.store.Commit(m.t.Context(), m.lease, commit); err != nil {
		m.t.Fatal(err)
	}
}

// want returns what a walk that begins now is to show.
func (m *logModel) want(f crawllog.Filter) []crawllog.Entry {
	want := slices.DeleteFunc(slices.Clone(m.entries), func(e crawllog.Entry) bool { return !f.Match(&e.Outcome) })
	slices.Reverse(want)
	return want
}

// walk returns the entries of all pages, and how many pages there were. It calls between
// after each page but the last.
func (m *logModel) walk(f crawllog.Filter, limit func() int, between func()) (entries []crawllog.Entry, pages int) {
	m.t.Helper()
	for request := (paging.Request{}); ; {
		request.Limit = limit()
		page, err := m.store.LogEntries(m.t.Context(), run.Ref{Tenant: m.lease.Ref.Tenant, ID: m.run.ID}, f, request)
		if err != nil {
			m.t.Fatal(err)
		}
		if len(page.Items) > request.Limit {
			m.t.Fatalf("%d entries on a page of %d", len(page.Items), request.Limit)
		}
		entries = append(entries, page.Items...)
		if pages++; page.Next == "" {
			return entries, pages
		}
		if pages > 10_000 {
			m.t.Fatal("the walk does not end")
		}
		request.Cursor = page.Next
		between()
	}
}

func (m *logModel) check(f crawllog.Filter, limit func() int, between func()) int {
	m.t.Helper()
	want := m.want(f)
	got, pages := m.walk(f, limit, between)
	wantEqual(m.t, slices.Concat(got, []crawllog.Entry{}), slices.Concat(want, []crawllog.Entry{}))
	return pages
}

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// randomPart returns the records of a part: some outcomes, and what else a log holds.
func randomPart(random *rand.Rand, outcomes int) []crawllog.Record {
	pick := func(all ...string) string { return all[random.IntN(len(all))] }
	records := []crawllog.Record{&crawllog.Discovered{URL: "https://a.example/found", Depth: 1}}
	for range outcomes {
		o := &crawllog.Outcome{
			URL:        "https://" + pick("a.example", "b.example:8443", "c.example") + "/" + fmt.Sprint(random.IntN(1000)),
			Depth:      random.IntN(5),
			Step:       crawllog.Steps()[random.IntN(3)],
			Status:     crawllog.Statuses()[random.IntN(3)],
			OccurredAt: began.Add(time.Duration(random.IntN(100)) * time.Second),
		}
		if o.Status != crawllog.OK {
			o.ErrorReason, o.ErrorDetail = pick(crawllog.Reasons()[:4]...), pick("", "a detail")
		}
		if o.Step != crawllog.Schedule {
			o.HTTPStatus, o.Latency, o.Bytes = 200, time.Duration(random.IntN(100))*time.Millisecond, 5
		}
		records = append(records, o)
		switch random.IntN(6) {
		case 0:
			records = append(records, &crawllog.Retry{URL: o.URL, Attempt: 1, Due: o.OccurredAt, OccurredAt: o.OccurredAt})
		case 1:
			records = append(records, &crawllog.SeedsRead{})
		}
	}
	return records
}

func randomFilter(random *rand.Rand) crawllog.Filter {
	var f crawllog.Filter
	if random.IntN(3) == 0 {
		f.Hosts = []string{"b.example:8443", "nowhere.example"}
	}
	if random.IntN(4) == 0 {
		f.Steps = crawllog.Steps()[random.IntN(3):]
	}
	if random.IntN(4) == 0 {
		f.Statuses = crawllog.Statuses()[:1+random.IntN(2)]
	}
	if random.IntN(5) == 0 {
		f.ErrorReasons = crawllog.Reasons()[:2]
	}
	if random.IntN(4) == 0 {
		f.OccurredAfter = began.Add(time.Duration(random.IntN(100)) * time.Second)
	}
	if random.IntN(4) == 0 {
		f.OccurredBefore = began.Add(time.Duration(random.IntN(100)) * time.Second)
	}
	return f
}

// Walks with pages of any size and any filter show what was recorded before they began,
// while the log grows.
func TestLogsAgainstModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := storetest.New(t)
	m := newLogModel(t, s, acme)
	other := newLogModel(t, s, rival)
	other.record(randomPart(random, 3))
	m.check(crawllog.Filter{}, always(10), nil) // nothing is recorded yet
	happen := func() {
		for range min(random.IntN(3), max(0, 200-len(m.entries))) {
			m.record(randomPart(random, random.IntN(6)), randomPart(random, random.IntN(3)))
		}
	}
	for range 25 {
		happen()
		most := 3 + random.IntN(30)
		m.check(randomFilter(random), func() int { return 1 + random.IntN(most) }, happen)
	}
	m.check(crawllog.Filter{}, always(100), happen)
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

// One in a thousand of 40,000 outcomes matches, in a log that does not compress well: each
// request reads its share and no more.
func TestLogsRareMatches(t *testing.T) {
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
			t.Error("one request reads all of it")
		}
	}
	t.Logf("a page used at most %v units", worst)
	if worst > 200 {
		t.Errorf("one page used %v units", worst)
	}
	// Nothing matches: every page is empty, and the walk still ends.
	m.check(crawllog.Filter{Hosts: []string{"b.example"}}, always(10), func() {})
}

// A page costs the same wherever in the log it is, and little when each part holds one
// outcome, as those of a slow crawl do.
func TestLogsUnits(t *testing.T) {
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
			t.Errorf("a page uses %+v, the first %+v", usage, first)
		}
	})
}

func TestLogsLastPage(t *testing.T) {
	m := newLogModel(t, storetest.New(t), acme)
	random := rand.New(rand.NewPCG(5, 6))
	m.record(randomPart(random, 0), randomPart(random, 0), randomPart(random, 3))
	m.record(randomPart(random, 3), randomPart(random, 0))
	for limit, want := range map[int]int{1: 6, 2: 3, 3: 2, 4: 2, 5: 2, 6: 1, 7: 1} {
		if pages := m.check(crawllog.Filter{}, always(limit), func() {}); pages != want {
			t.Errorf("%d pages of %d", pages, limit)
		}
	}
}

func TestLogsOfNoRun(t *testing.T) {
	s := storetest.New(t)
	m := newLogModel(t, s, acme)
	m.record(randomPart(rand.New(rand.NewPCG(7, 8)), 2))
	logs := func(owner tenant.ID, id uuid.UUID) error {
		_, err := s.LogEntries(t.Context(), run.Ref{Tenant: owner, ID: id}, crawllog.Filter{}, paging.Request{Limit: 10})
		return err
	}
	wantKind(t, logs(acme, uuid.New()), fault.NotFound)
	wantKind(t, logs(rival, m.run.ID), fault.NotFound)
	change(t, s, acme, m.run.ID, run.Stop)
	m.check(crawllog.Filter{}, always(1), func() {})
	if err := s.DeleteRun(t.Context(), run.Ref{Tenant: acme, ID: m.run.ID}, nil); err != nil {
		t.Fatal(err)
	}
	if len(log(t, s, acme, m.run.ID)) == 0 {
		t.Fatal("the log is purged already")
	}
	wantKind(t, logs(acme, m.run.ID), fault.NotFound)
}

func TestLogsCursors(t *testing.T) {
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
		t.Errorf("the order of values makes another list: %v", err)
	}
	refused := func(m *logModel, f crawllog.Filter, cursor string) {
		t.Helper()
		_, err := logs(m, f, cursor)
		wantKind(t, err, fault.Invalid)
		if !strings.Contains(err.Error(), "page") {
			t.Errorf("the error does not name page: %v", err)
		}
	}
	for _, other := range []crawllog.Filter{
		{}, {Steps: f.Steps}, {Hosts: f.Hosts}, {Steps: f.Steps, Hosts: f.Hosts, Statuses: crawllog.Statuses()},
		{Steps: f.Steps, Hosts: f.Hosts, ErrorReasons: []string{"dns"}},
		{Steps: f.Steps, Hosts: f.Hosts, OccurredAfter: began}, {Steps: f.Steps, Hosts: f.Hosts, OccurredBefore: began},
	} {
		refused(m, other, cursor)
	}
	refused(second, f, cursor)
	refused(foreign, f, cursor)
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(data) {
		data[bit/8] ^= 1 << (bit % 8)
		refused(m, f, base64.RawURLEncoding.EncodeToString(data))
		data[bit/8] ^= 1 << (bit % 8)
	}
	page, err := s.Runs(t.Context(), acme, run.Filter{}, paging.Request{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	refused(m, f, page.Next)
	_, err = s.Runs(t.Context(), acme, run.Filter{}, paging.Request{Limit: 1, Cursor: cursor})
	wantKind(t, err, fault.Invalid)
}

// logReads returns a store on the table of m whose answers to reads of logs are changed.
func logReads(m *logModel, table string, change func(in *dynamodb.QueryInput, out *dynamodb.QueryOutput)) *store.Store {
	changed := middleware.InitializeMiddlewareFunc("changed", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleInitialize(ctx, in)
		if input, ok := in.Parameters.(*dynamodb.QueryInput); ok && err == nil {
			change(input, out.Result.(*dynamodb.QueryOutput))
		}
		return out, metadata, err
	})
	return store.New(store.NewClient(dynamotest.Config(m.t), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(changed, middleware.After) })
	}), table)
}

func sortKey(item map[string]types.AttributeValue) string {
	return item["sk"].(*types.AttributeValueMemberS).Value
}

// Eventually consistent reads may lag behind, and any read may see half of a write of
// several items: what was recorded is shown all the same.
func TestLogsWhenReadsLagBehind(t *testing.T) {
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
		m.check(crawllog.Filter{}, always(limit), func() {})
		m.check(crawllog.Filter{Statuses: []crawllog.Status{crawllog.Error}}, always(limit), func() {})
	}

	m.store = logReads(m, table, func(_ *dynamodb.QueryInput, out *dynamodb.QueryOutput) {
		out.Items = slices.DeleteFunc(out.Items, func(item map[string]types.AttributeValue) bool { return strings.HasSuffix(sortKey(item), "0000000012") })
	})
	_, err := m.store.LogEntries(t.Context(), run.Ref{Tenant: acme, ID: m.run.ID}, crawllog.Filter{}, paging.Request{Limit: 100})
	wantKind(t, err, fault.Internal) // a log that has lost a part

	m.store = logReads(m, table, func(_ *dynamodb.QueryInput, out *dynamodb.QueryOutput) {
		out.Items = nil
		if err := s.DeleteRun(t.Context(), run.Ref{Tenant: acme, ID: m.run.ID}, nil); err != nil && !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		if _, err := s.Purge(t.Context(), run.Ref{Tenant: acme, ID: m.run.ID}, time.Now().Add(time.Minute)); err != nil {
			t.Error(err)
		}
	})
	_, err = m.store.LogEntries(t.Context(), run.Ref{Tenant: acme, ID: m.run.ID}, crawllog.Filter{}, paging.Request{Limit: 100})
	wantKind(t, err, fault.NotFound) // deleted in the middle of a read
}
