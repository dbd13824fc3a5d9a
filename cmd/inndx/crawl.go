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
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/fault"
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
	m, err := readManifest(file)
	if err != nil {
		return err
	}
	d := newDisplay(os.Stderr, live)
	id := uuid.Must(uuid.NewV7())
	stack, err := startFor(ctx, id, s, d)
	if err != nil {
		return orInterrupted(ctx, err)
	}
	defer stack.Stop()
	c := &crawling{client: newClient(stack.URL), id: id, display: d, failed: stack.Failed()}
	if err := c.create(ctx, m); err != nil {
		return orInterrupted(ctx, err)
	}
	d.println(fmt.Sprintf("crawling %s: run %s, served at %s", m.Name, id, stack.URL))
	finished, err := c.await(ctx)
	d.end()
	if finished.raw != nil {
		var pretty bytes.Buffer
		json.Indent(&pretty, finished.raw, "", "  ")
		fmt.Println(pretty.String())
	}
	if err != nil {
		return err
	}
	return verdict(finished)
}

// readManifest reads the manifest. All that is wrong with it is reported at once, each
// wrong field on a line with the file's name.
func readManifest(file string) (manifest.Manifest, error) {
	data, err := readInput(file)
	if err != nil {
		return manifest.Manifest{}, &usageError{[]string{err.Error()}}
	}
	m, err := manifest.Parse(file, data)
	var wrong *fault.Error
	if errors.As(err, &wrong) && len(wrong.Fields) > 0 {
		var lines []string
		for _, f := range wrong.Fields {
			for _, r := range f.Errors {
				lines = append(lines, fmt.Sprintf("%s: %s %s", file, f.Field, r.Message))
			}
		}
		return m, &usageError{lines}
	}
	if err != nil {
		// The first line says what and where; a YAML error draws the place on more lines.
		line, _, _ := strings.Cut(err.Error(), "\n")
		return m, &usageError{[]string{line}}
	}
	return m, nil
}

func readInput(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(file)
}

// startFor starts a stack that crawls the one run and leaves other unfinished runs of the
// data folder alone. When a server has that folder open, the run is kept in memory.
func startFor(ctx context.Context, id uuid.UUID, s settings, d *display) (*local.Stack, error) {
	o := local.Options{
		Addr:          "127.0.0.1:0",
		DataDir:       s.dataDir,
		DefaultTenant: s.defaultTenant,
		OnlyRun:       id,
		Logger:        s.logger(d),
	}
	stack, err := local.Start(ctx, o)
	var inUse *dynamolocal.InUseError
	if errors.As(err, &inUse) {
		d.println(fmt.Sprintf("%s is in use by another instance: this run is kept in memory only", s.dataDir))
		o.DataDir = ""
		stack, err = local.Start(ctx, o)
	}
	return stack, err
}

// crawling is one run that is being watched through the API.
type crawling struct {
	client  *client
	id      uuid.UUID
	display *display
	failed  <-chan error
}

// state is what is read out of an answered run.
type state struct {
	Status     run.Status     `json:"status"`
	StopReason run.StopReason `json:"stop_reason"`
	Progress   run.Progress   `json:"progress"`

	raw json.RawMessage // the answer itself
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

// pollEvery is the time between two looks at the run. More than maxMisses looks in a row
// that fail end the watch.
const (
	pollEvery = 250 * time.Millisecond
	maxMisses = 20
)

// await shows the run's progress until it is finished. When ctx ends it stops the run, and
// returns the stopped run and errInterrupted.
func (c *crawling) await(ctx context.Context) (state, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for misses := 0; ; {
		s, err := c.read(ctx, http.MethodGet, "")
		var refused *apiError
		switch {
		case ctx.Err() != nil:
			s, err := c.stop()
			return s, errors.Join(errInterrupted, err)
		case errors.As(err, &refused) && refused.Code == http.StatusNotFound:
			return state{}, errors.New("the run was deleted while it was crawled")
		case err != nil && misses >= maxMisses:
			return state{}, err
		case err != nil:
			misses++
		case s.Status == run.Finished:
			c.display.show(s, time.Now())
			return s, nil
		default:
			misses = 0
			c.display.show(s, time.Now())
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case err := <-c.failed:
			return state{}, err
		}
	}
}

// stop stops the run. It is called when the command is to end, and so has a context of its
// own.
func (c *crawling) stop() (state, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
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

// verdict returns an error for a run that did not come to its own end.
func verdict(s state) error {
	switch s.StopReason {
	case run.Unknown:
		return errors.New("the crawl was given up after repeated failures: LOG_LEVEL=info shows them")
	case run.Manual:
		return errors.New("the run was stopped through the API before its end")
	}
	return nil
}
