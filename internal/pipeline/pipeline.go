// Package pipeline applies the pipelines of a configuration to responses: it decides which
// responses a run keeps, what it extracts from them, and what it logs. It does no I/O.
//
// Responses come from the web, and expressions from the users of the service. Neither may cost a
// worker more than a bounded time and memory: see meter, parse and the files of the extractors.
package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// A Page is a response, as conditions and extractors see it.
type Page struct {
	URL         weburl.URL // the URL that was requested
	Status      int        // of HTTP
	Header      http.Header
	ContentType string // the values of the Content-Type header, joined by commas
	Body        []byte // without its content encoding; not changed and not kept
	Redirects   int    // redirects that were followed to the URL
	Depth       int    // links from a seed
	RunID       uuid.UUID
}

// A Content is what a pipeline keeps of a response.
type Content struct {
	PipelineID  string
	Kind        crawllog.Kind
	ContentType string // of the content
	// Body is the content in UTF-8. It is nil if the content is the response itself.
	Body []byte
	// Directory and KeyStrategy are those of the pipeline's to_blob.
	Directory, KeyStrategy string
}

// An Event is a line for the log of the service.
type Event struct {
	PipelineID string
	Level      slog.Level
	Event      string
}

// A Result is what the pipelines make of a page, in the order of the configuration.
type Result struct {
	Contents []Content
	Events   []Event
	Assets   []Asset // that asset_resolvers find, each URL once
	// Navigated says which pipelines keep the assets that the navigator finds, as Asset.Of does.
	Navigated uint32
}

// The reasons of an Error.
const (
	// reasonTooSlow says that the expressions take too long on the page.
	reasonTooSlow = "extract_too_slow"
	// reasonFailed says that the page cannot be parsed or converted, or that an expression failed.
	reasonFailed = "extract_failed"
)

// An Error says why a page has no Result.
type Error struct {
	Reason     string // extract_too_slow or extract_failed
	PipelineID string
	Err        error
}

// Error returns the pipeline's id and the cause.
func (e *Error) Error() string { return fmt.Sprintf("pipeline %s: %v", e.PipelineID, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// A Set is a list of compiled pipelines. A nil Set has none. It may be used by many goroutines at
// once.
type Set struct {
	pipelines []pipeline
	follows   bool
	assets    bool
	keeps     bool
}

// New compiles pipelines, which must be resolved. The error is that of the first rule that Check
// would report.
func New(pipelines []config.Pipeline) (*Set, error) {
	s, faults := compile(pipelines, "pipelines")
	if err := faults.Err(); err != nil {
		return nil, fmt.Errorf("pipeline: %w", err)
	}
	return s, nil
}

// FollowsLinks reports whether the links of pages are followed: a pipeline has the navigator
// anchor, or there are no pipelines.
func (s *Set) FollowsLinks() bool { return s == nil || s.follows }

// ChecksAssets reports whether the assets of pages are checked: a pipeline has the navigator
// assets.
func (s *Set) ChecksAssets() bool { return s != nil && s.assets }

// Keeps reports whether a pipeline keeps content.
func (s *Set) Keeps() bool { return s != nil && s.keeps }

// A pipeline is a compiled pipeline.
type pipeline struct {
	id         string
	conditions []condition    // in order
	extract    extractor      // nil for a pipeline without an extractor
	assets     *assetResolver // nil for a pipeline that finds no assets and keeps none
	navigates  bool           // it keeps the assets that its navigator finds
	blob       *config.ToBlob
	events     []Event
}

// A condition reports whether a page passes.
type condition func(*evaluation) (bool, error)

// An extractor returns what it makes of a page, and whether it makes anything. It sets Kind,
// ContentType and Body.
type extractor func(*evaluation) (Content, bool, error)

// Apply returns what the pipelines make of a page. The error is ctx's, or an *Error.
func (s *Set) Apply(ctx context.Context, p Page) (Result, error) {
	if s == nil || len(s.pipelines) == 0 {
		return Result{}, nil
	}
	ev := newEvaluation(ctx, p)
	defer ev.close()
	var res Result
	for i := range s.pipelines {
		pl := &s.pipelines[i]
		if err := pl.apply(ev, 1<<i, &res); err != nil {
			if ctx.Err() != nil {
				return Result{}, ctx.Err()
			}
			return Result{}, asError(pl.id, err)
		}
	}
	return res, nil
}

// apply adds what the pipeline makes of a page to res. A panic of a library becomes an error: it
// concerns only this page.
func (pl *pipeline) apply(ev *evaluation, bit uint32, res *Result) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
	}()
	for _, passes := range pl.conditions {
		if ok, err := passes(ev); err != nil || !ok {
			return err
		}
	}
	if pl.extract != nil {
		content, ok, err := pl.extract(ev)
		if err != nil || !ok {
			return err
		}
		if pl.blob != nil {
			content.PipelineID = pl.id
			content.Directory, content.KeyStrategy = pl.blob.Directory, pl.blob.KeyStrategy
			res.Contents = append(res.Contents, content)
		}
	}
	if pl.assets != nil {
		urls, err := pl.assets.find(ev)
		if err != nil {
			return err
		}
		res.addAssets(urls, bit)
	}
	if pl.navigates {
		res.Navigated |= bit
	}
	res.Events = append(res.Events, pl.events...)
	return nil
}

// addAssets adds the assets of the pipeline with the bit.
func (r *Result) addAssets(urls []weburl.URL, bit uint32) {
	index := make(map[weburl.URL]int, len(r.Assets))
	for i, a := range r.Assets {
		index[a.URL] = i
	}
	for _, u := range urls {
		if i, ok := index[u]; ok {
			r.Assets[i].Of |= bit
		} else {
			r.Assets = append(r.Assets, Asset{u, bit})
		}
	}
}
