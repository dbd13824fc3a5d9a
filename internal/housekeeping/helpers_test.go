package housekeeping_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/uuid"
	"gocloud.dev/blob/memblob"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

const keepingConfig = `{"pipelines": [{
	"steps": [{"kind": "extractor", "params": {"kind": "raw"}}],
	"actions": [{"kind": "to_blob", "params": {"directory": "pages"}}]
}]}`

// A bed is a table and a bucket, with a clock that the test moves.
type bed struct {
	*testing.T
	table   string
	objects *bucket.Store
	ahead   atomic.Int64 // of the clock, in nanoseconds
}

var errDied = errors.New("the process died")

func newBed(t *testing.T) *bed {
	b := &bed{T: t, table: "test-" + uuid.NewString(), objects: bucket.New(memblob.OpenBucket(nil))}
	if err := b.store(nil).EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// store returns a store whose requests and deletions of objects fail after left of them.
func (b *bed) store(left *atomic.Int64, opts ...store.Option) *store.Store {
	b.Helper()
	live := func() error {
		if left != nil && left.Add(-1) < 0 {
			return errDied
		}
		return nil
	}
	client := store.NewClient(dynamotest.Config(b), func(o *dynamodb.Options) {
		o.RetryMaxAttempts = 1
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Initialize.Add(middleware.InitializeMiddlewareFunc("mortal", func(
				ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
			) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
				if err := live(); err != nil {
					return out, meta, err
				}
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
		})
	})
	return store.New(client, b.table, append([]store.Option{
		store.WithClock(func() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }),
		store.WithObjects(mortalObjects{b.objects, live}),
	}, opts...)...)
}

// mortalObjects may fail before and after each call.
type mortalObjects struct {
	*bucket.Store
	live func() error
}

func (m mortalObjects) DeleteRun(ctx context.Context, ref run.Ref, createdAt, deadline time.Time) (bool, error) {
	if err := m.live(); err != nil {
		return false, err
	}
	done, err := m.Store.DeleteRun(ctx, ref, createdAt, deadline)
	return done, errors.Join(err, m.live())
}

func (m mortalObjects) DeleteUnnamed(
	ctx context.Context, ref run.Ref, createdAt time.Time, after string, log store.LogReader, deadline time.Time,
) (string, bool, error) {
	if err := m.live(); err != nil {
		return "", false, err
	}
	last, done, err := m.Store.DeleteUnnamed(ctx, ref, createdAt, after, log, deadline)
	return last, done, errors.Join(err, m.live())
}

// handle handles a wake-up of the run with the store, as the crawl function does for a run that is
// finished or deleted.
func (b *bed) handle(s *store.Store, ref run.Ref) error {
	k := housekeeping.New(housekeeping.Options{Store: s, Queue: &queue{}, Logger: slog.New(slog.DiscardHandler)})
	// The keeper reads the clock of the machine, and the clock of the store may be ahead.
	ctx, cancel := context.WithTimeout(b.Context(), time.Duration(b.ahead.Load())+5*time.Minute)
	defer cancel()
	return k.Handler(func(ctx context.Context, ref run.Ref) error {
		_, err := s.Acquire(ctx, ref, uuid.NewString(), time.Minute)
		if fault.Is(err, fault.NotFound) && !errors.Is(err, run.ErrDeleting) {
			return nil
		}
		return err
	})(ctx, wake.Delivery{Run: ref})
}

// keeping creates a running run that keeps artifacts.
func (b *bed) keeping(s *store.Store) (run.Ref, job.Ref, *run.Lease) {
	b.Helper()
	cfg, err := config.Parse([]byte(keepingConfig), "config")
	if err != nil {
		b.Fatal(err)
	}
	j, r, err := s.CreateJobAndRun(b.Context(), acme, job.Job{Name: b.Name()}, cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	ref := run.Ref{Tenant: acme, ID: r.ID}
	return ref, job.Ref{Tenant: acme, ID: j.ID}, b.lease(s, ref)
}

// lease starts the run and returns a lease of it.
func (b *bed) lease(s *store.Store, ref run.Ref) *run.Lease {
	b.Helper()
	_, _, err := s.Transition(b.Context(), ref, run.Start, nil)
	l, err2 := s.Acquire(b.Context(), ref, uuid.NewString(), time.Minute)
	if err := errors.Join(err, err2); err != nil {
		b.Fatal(err)
	}
	return l
}

// put writes an object of the leased run and returns its name in the log.
func (b *bed) put(l *run.Lease) string {
	b.Helper()
	base := objects.NewWARC(l.Seq + 1)
	name := objects.WARC(objects.Prefix(l.Ref, l.CreatedAt), base)
	if err := b.objects.Put(b.Context(), name, []byte("x"), "application/warc"); err != nil {
		b.Fatal(err)
	}
	return base
}

// commit writes an object and the part of the log that names it.
func (b *bed) commit(s *store.Store, l *run.Lease) (base string) {
	b.Helper()
	base = b.put(l)
	parts := crawllog.Encode([]crawllog.Record{&crawllog.Outcome{
		URL: "http://a.example/", Status: crawllog.OK, Step: crawllog.Fetch,
		Artifacts: []crawllog.Artifact{{Kind: crawllog.Raw, KeyStrategy: "hash", Location: crawllog.Location{Object: base, Length: 1}}},
	}})
	if err := s.Commit(b.Context(), l, crawllog.Commit{Parts: parts}); err != nil {
		b.Fatal(err)
	}
	return base
}

// left returns the names in the log of the objects in the bucket.
func (b *bed) left() (bases []string) {
	b.Helper()
	for o, err := range b.objects.List(b.Context(), "") {
		if err != nil {
			b.Fatal(err)
		}
		bases = append(bases, o.Name[strings.LastIndex(o.Name, "/")+1:])
	}
	return bases
}

func (b *bed) wantLeft(want ...string) {
	b.Helper()
	slices.Sort(want)
	if got := b.left(); !slices.Equal(got, want) {
		b.Errorf("the bucket has %v, want %v", got, want)
	}
}

// due reports whether the sweep would wake the run now.
func (b *bed) due(s *store.Store, ref run.Ref) bool {
	b.Helper()
	now := time.Now().Add(time.Duration(b.ahead.Load()))
	due, err := s.Due(b.Context(), now, 1000)
	expired, err2 := s.Expired(b.Context(), now, 1000)
	if err := errors.Join(err, err2); err != nil {
		b.Fatal(err)
	}
	return slices.Contains(slices.Concat(due, expired), ref)
}

func (b *bed) advance(d time.Duration) { b.ahead.Add(int64(d)) }
