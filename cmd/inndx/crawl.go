package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/manifest"
	"github.com/inndx/runs/internal/run"
)

// crawlFile runs the crawl that the file describes on a stack of its own, and prints the
// finished run on standard output. When ctx ends, the run is stopped and printed.
func crawlFile(ctx context.Context, file string) error {
	live := isTerminal(os.Stderr)
	s, err := readSettings(os.Getenv, slog.LevelWarn, live)
	if err != nil {
		return err
	}
	d := newDisplay(os.Stderr, live)
	if live {
		d.width = func() int { return widthOf(os.Stderr) }
	}
	c := &crawling{id: uuid.Must(uuid.NewV7()), display: d}
	starting := c.start(ctx, s)
	defer starting.stop()
	m, err := readManifest(file)
	if err != nil {
		return err
	}
	d.release()
	d.println("starting the database")
	stack, err := starting.wait()
	if err != nil {
		return orInterrupted(ctx, err)
	}
	c.client = newClient(stack.URL)
	// Calls are not cut short by Ctrl-C: the service would log that as a fault of its own. They
	// are when the stack has failed.
	calls, fail := context.WithCancelCause(context.WithoutCancel(ctx))
	defer fail(nil)
	go func() {
		select {
		case err := <-stack.Failed():
			fail(err)
		case <-calls.Done():
		}
	}()
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err := c.create(calls, m); err != nil {
		return orInterrupted(ctx, cause(calls, err))
	}
	d.println(fmt.Sprintf("run %s of %s\n%s/v1/runs/%s", c.id, m.Name, stack.URL, c.id))
	finished, err := c.await(ctx, calls)
	d.end()
	if finished.raw != nil {
		var pretty bytes.Buffer
		json.Indent(&pretty, finished.raw, "", "  ")
		pretty.WriteByte('\n')
		if printErr := printOut(pretty.String()); printErr != nil {
			return printErr
		}
	}
	if err != nil {
		return err
	}
	return c.verdict(calls, finished)
}

// readManifest reads the manifest. All that is wrong with it is reported at once, each
// wrong field on a line with the file's name.
func readManifest(file string) (manifest.Manifest, error) {
	data, err := readInput(file)
	if err != nil {
		return manifest.Manifest{}, &usageError{[]string{err.Error()}}
	}
	m, err := manifest.Parse(file, data)
	var wrong *manifest.Error
	if errors.As(err, &wrong) {
		return m, &usageError{wrong.Lines}
	}
	return m, err
}

func readInput(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(file)
}

// starting is a stack that is being started while the manifest is read.
type starting struct {
	cancel context.CancelFunc
	done   chan struct{}
	stack  *local.Stack
	err    error
}

// start starts a stack that crawls the one run and leaves other unfinished runs of the
// data folder alone. When a server has that folder open, the run is kept in memory.
func (c *crawling) start(ctx context.Context, s settings) *starting {
	ctx, cancel := context.WithCancel(ctx)
	st := &starting{cancel: cancel, done: make(chan struct{})}
	o := local.Options{
		Addr:          "127.0.0.1:0",
		DataDir:       s.dataDir,
		DefaultTenant: s.defaultTenant,
		OnlyRun:       c.id,
		Observer:      func(_ uuid.UUID, w crawl.Wait) { c.display.waitsFor(w) },
		Logger:        s.logger(c.display),
	}
	if s.logLevel == slog.LevelWarn {
		s.logLevel = slog.LevelInfo // a download takes long enough to be told of
		o.StartLogger = s.logger(c.display)
	}
	go func() {
		defer close(st.done)
		st.stack, st.err = local.Start(ctx, o)
		var inUse *dynamolocal.InUseError
		if errors.As(st.err, &inUse) {
			c.display.println(fmt.Sprintf("%s is in use by another instance: this run is kept in memory only", s.dataDir))
			o.DataDir = ""
			st.stack, st.err = local.Start(ctx, o)
		}
	}()
	return st
}

// wait returns the stack when it has started.
func (st *starting) wait() (*local.Stack, error) {
	<-st.done
	return st.stack, st.err
}

// stop ends the stack, or its start.
func (st *starting) stop() {
	st.cancel()
	if stack, err := st.wait(); err == nil {
		stack.Stop()
	}
}

// crawling is one run that is being watched through the API.
type crawling struct {
	client  *client
	id      uuid.UUID
	display *display
}

// state is what is read out of an answered run.
type state struct {
	Status     run.Status     `json:"status"`
	StopReason run.StopReason `json:"stop_reason"`
	Progress   run.Progress   `json:"progress"`
	Config     struct {
		Seeds []struct {
			Kind   string
			Params struct{ URLs, Hosts []string }
		}
	} `json:"config"`

	raw json.RawMessage // the answer itself
}

// sitemaps returns the sitemaps that the seeds name.
func (s state) sitemaps() (all []string) {
	for _, seed := range s.Config.Seeds {
		if seed.Kind == "sitemap" {
			all = append(append(all, seed.Params.URLs...), seed.Params.Hosts...)
		}
	}
	return all
}

func (c *crawling) create(ctx context.Context, m manifest.Manifest) error {
	body := map[string]any{"name": m.Name, "config": m.Config}
	if m.Labels != nil {
		body["labels"] = m.Labels
	}
	answer, err := c.client.call(ctx, http.MethodPost, "/v1/jobs", body)
	if err != nil {
		return err
	}
	var job struct{ ID uuid.UUID }
	if err := json.Unmarshal(answer, &job); err != nil {
		return err
	}
	_, err = c.client.call(ctx, http.MethodPost, "/v1/jobs/"+job.ID.String()+"/runs", map[string]any{"id": c.id})
	return err
}

// cause returns why the stack failed, if it did, and else err: what it was asked for then failed
// because of that.
func cause(calls context.Context, err error) error {
	select {
	case <-calls.Done():
		return context.Cause(calls)
	case <-time.After(failureWait):
		return err
	}
}

// pollEvery is the time between two looks at the run. A watch ends when all looks have failed for
// longer than maxSilence. failureWait is how long after a failed call the stack may take to say
// that it has failed itself.
const (
	pollEvery   = 250 * time.Millisecond
	maxSilence  = 30 * time.Second
	failureWait = time.Second
)

// await shows the run's progress until it is finished. When ctx ends it stops the run, and
// returns the stopped run and errInterrupted. When calls ends it returns why.
func (c *crawling) await(ctx, calls context.Context) (state, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for answered := time.Now(); ; {
		s, err := c.read(calls, http.MethodGet, "")
		var refused *apiError
		switch {
		case ctx.Err() != nil:
			s, err := c.stop(calls)
			return s, errors.Join(errInterrupted, err)
		case errors.As(err, &refused) && refused.Code == http.StatusNotFound:
			return state{}, errors.New("the run was deleted while it was crawled")
		case err != nil && time.Since(answered) > maxSilence:
			return state{}, cause(calls, fmt.Errorf("the database does not answer: %w", err))
		case err != nil:
		case s.Status == run.Finished:
			c.display.show(s, time.Now())
			return s, nil
		default:
			answered = time.Now()
			c.display.show(s, time.Now())
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-calls.Done():
			return state{}, context.Cause(calls)
		}
	}
}

// stop stops the run.
func (c *crawling) stop(calls context.Context) (state, error) {
	ctx, cancel := context.WithTimeout(calls, 10*time.Second)
	defer cancel()
	s, err := c.read(ctx, http.MethodPut, "/stop")
	if err == nil {
		c.display.show(s, time.Now())
	}
	return s, err
}

// read makes a call that answers the run.
func (c *crawling) read(ctx context.Context, method, action string) (s state, err error) {
	s.raw, err = c.client.call(ctx, method, "/v1/runs/"+c.id.String()+action, nil)
	if err == nil {
		err = json.Unmarshal(s.raw, &s)
	}
	return s, err
}

// verdict returns an error for a run that did not come to its own end, or that fetched nothing.
func (c *crawling) verdict(ctx context.Context, s state) error {
	switch {
	case s.StopReason == run.Unknown:
		return errors.New("the crawl was given up after repeated failures: LOG_LEVEL=info shows them")
	case s.StopReason == run.Manual:
		return errors.New("the run was stopped through the API before its end")
	case s.Progress.URLsFetched == 0:
		return &nowhereError{c.whyNothing(ctx, s)}
	}
	return nil
}

// maxTold bounds the URLs that a line names.
const maxTold = 3

// whyNothing returns what the log says of a run that fetched nothing.
func (c *crawling) whyNothing(ctx context.Context, s state) string {
	answer, err := c.client.call(ctx, http.MethodGet, "/v1/runs/"+c.id.String()+"/logs?statuses=error&statuses=excluded&per_page=100", nil)
	if err != nil {
		return err.Error()
	}
	var log struct {
		Items []struct {
			URL         string `json:"url"`
			ErrorReason string `json:"error_reason"`
			ErrorDetail string `json:"error_detail"`
		} `json:"items"`
	}
	if err := json.Unmarshal(answer, &log); err != nil {
		return err.Error()
	}
	var told []string
	for _, e := range slices.Backward(log.Items) { // the last recorded is the first
		if len(told) == maxTold {
			break
		}
		line := e.URL + " (" + e.ErrorReason
		if e.ErrorDetail != "" {
			line += ": " + e.ErrorDetail
		}
		told = append(told, line+")")
	}
	switch {
	case len(s.Config.Seeds) == 0:
		return "the configuration has no seeds"
	case len(told) == 0:
		return "the seeds led to no URL: see that these sitemaps can be read and list some: " + strings.Join(s.sitemaps(), ", ")
	}
	if more := s.Progress.URLsFailed + s.Progress.URLsExcluded - int64(len(told)); more > 0 {
		told = append(told, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(told, ", ")
}
