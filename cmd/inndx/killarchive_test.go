package main_test

import (
	"context"
	"iter"
	"maps"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
)

// finish completes the run, stops the service, and returns the history in the log.
func (v *killTest) finish() storetest.History {
	v.t.Helper()
	v.gate.admit(1 << 30)
	v.site.SetDelay(0)
	s := serve(v.t, v.env()...)
	v.compare(s)
	end := s.awaitRun(v.id, "the run to finish", func(a response) bool { return a.Status == run.Finished })
	if end.StopReason != run.MaxEmptyEvaluations {
		v.t.Errorf("the run finished as %s", end.StopReason)
	}
	await(v.t, "the exports to end", func() bool {
		return len(s.call("GET", "/v1/runs/"+v.id+"/exports?states=pending&states=running", "", 200).Items) == 0
	})
	s.signal(syscall.SIGTERM)
	s.wait(0)

	f := openFolder(v.t, v.folder)
	ref := run.Ref{Tenant: "acme", ID: uuid.MustParse(v.id)}
	history, err := storetest.ReadHistory(v.t.Context(), f.table, ref)
	if err != nil {
		v.t.Fatal(err)
	}
	v.checkArchive(f, ref, history)
	if n := f.checkExports(ref); n != v.exports {
		v.t.Errorf("the run has %d exports, want %d", n, v.exports)
	}
	if history.Progress != end.Progress {
		v.t.Errorf("the log counts %+v, the run %+v", history.Progress, end.Progress)
	}
	f.close()
	s = serve(v.t, v.env()...)
	expectNothingLeft(s, v.id, v.folder)
	s.signal(syscall.SIGTERM)
	s.wait(0)
	return history
}

// checkArchive checks that each page is kept once, and that tidying deletes what the killed
// processes left.
func (v *killTest) checkArchive(f *folder, ref run.Ref, h storetest.History) {
	v.t.Helper()
	ctx := v.t.Context()
	r, err := f.table.Run(ctx, ref)
	if err != nil {
		v.t.Fatal(err)
	}
	a, err := storetest.ReadArchive(ctx, h, f.bucket, ref, r.CreatedAt)
	if err != nil {
		v.t.Fatal(err)
	}
	pages := storetest.History{Outcomes: maps.Clone(h.Outcomes)}
	for url := range pages.Outcomes {
		if !strings.HasPrefix(url, v.site.URL+assetPath) {
			continue
		}
		if delete(pages.Outcomes, url); len(a.Artifacts[url]) > 0 {
			v.t.Errorf("%s was only to be checked, and was kept", url)
		}
	}
	a.ExpectKept(pages, 1)
	for _, fault := range a.Faults {
		v.t.Error(fault)
	}
	v.t.Logf("%d pages are kept in %d objects; %d objects were left by killed processes", len(pages.Outcomes), len(a.Objects), len(a.Orphans))
	parts := func(ctx context.Context, after int64) iter.Seq2[crawllog.Part, error] {
		return f.table.LogParts(ctx, ref, after)
	}
	if _, done, err := f.bucket.DeleteUnnamed(ctx, ref, r.CreatedAt, "", parts, time.Now().Add(time.Minute)); !done || err != nil {
		v.t.Fatal(done, err)
	}
	if a, err = storetest.ReadArchive(ctx, h, f.bucket, ref, r.CreatedAt); err != nil || len(a.Faults)+len(a.Orphans) > 0 {
		v.t.Errorf("after tidying: %v, %v, %v", a.Faults, a.Orphans, err)
	}
}

// lost returns the pages and assets without an outcome in the log.
func (v *killTest) lost(h storetest.History) (urls []string) {
	for i := range v.pages {
		for _, url := range []string{v.site.URL + sitetest.Path(i), v.site.URL + asset(sitetest.Path(i))} {
			if h.Outcomes[url] == nil {
				urls = append(urls, url)
			}
		}
	}
	return urls
}
