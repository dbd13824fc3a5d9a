package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/display"
	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/manifest"
	"github.com/inndx/runs/internal/pipeline"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/visible"
)

// crawlOperand runs the crawl that the operand and the flags describe, on a new stack, and reports
// it. When ctx ends, it stops the run and reports what was crawled until then.
func crawlOperand(ctx context.Context, operand string, describing *manifestFlags, reporting *reportFlags) error {
	if describing.printManifest {
		return printManifest(operand, describing)
	}
	s, err := readSettings(os.Getenv, slog.LevelWarn, display.IsTerminal(os.Stderr))
	if err != nil {
		return err
	}
	w := &watch{id: uuid.Must(uuid.NewV7()), display: display.New(os.Stderr)}
	pending := w.start(ctx, s)
	defer pending.stop()
	m, err := describing.manifest(operand)
	if err != nil {
		return err
	}
	if err := checkSecrets(m.Config); err != nil {
		return err
	}
	output, err := openOutput(reporting.output, reporting.overwrite, m.Config)
	if err != nil {
		return err
	}
	defer output.close()
	recordEdges(&m.Config)
	w.display.Release()
	w.display.Println("starting the database")
	stack, err := pending.wait()
	if err != nil {
		return orInterrupted(ctx, err)
	}
	return w.crawl(ctx, stack, s.defaultTenant, m, reporting, output)
}

// crawl creates the job of the manifest and its run on the stack, waits for its end, and reports
// it.
func (w *watch) crawl(
	ctx context.Context, stack *local.Stack, t tenant.ID, m manifest.Manifest, reporting *reportFlags, output *outputFolder,
) error {
	w.client = client.ForStack(stack.URL)
	calls, stop := callContext(ctx, stack)
	defer stop()
	if ctx.Err() != nil {
		return exit.ErrInterrupted
	}
	if err := w.create(calls, m); err != nil {
		return orInterrupted(ctx, cause(calls, err))
	}
	w.display.Println(fmt.Sprintf("run %s of %s\n%s/v1/runs/%s", w.id, visible.Text(m.Name), stack.URL, w.id))
	finished, err := w.await(ctx, calls)
	w.display.End()
	if finished.raw == nil {
		return err
	}
	found, reportErr := w.report(calls, stack, t, m.Name, finished, reporting)
	if reportErr != nil {
		return cause(calls, reportErr)
	}
	if outputErr := w.writeOutput(ctx, calls, output, m.Config); outputErr != nil {
		return outputErr
	}
	if err == nil {
		err = w.checkResult(calls, finished)
	}
	if err == nil && reporting.failOn == reportBroken && found.Broken > 0 {
		err = &exit.BrokenError{Count: found.Broken}
	}
	return err
}

// checkSecrets returns an error with a line for each secret of the configuration that this machine
// does not have, or whose value its field cannot have.
func checkSecrets(c config.Config) error {
	var lines []string
	for _, err := range local.CheckSecrets(c) {
		lines = append(lines, "config."+err.Error())
	}
	if lines != nil {
		return &exit.UsageError{Lines: lines}
	}
	return nil
}

// recordEdges makes the run record which page links to what, for the report, unless the manifest
// says whether to record that.
func recordEdges(c *config.Config) {
	var r config.Record
	if c.Record != nil {
		r = *c.Record
	}
	if r.Edges == nil {
		edges := true
		r.Edges = &edges
	}
	c.Record = &r
}

// printManifest prints the manifest that the operand and the flags mean.
func printManifest(operand string, describing *manifestFlags) error {
	m, err := describing.manifest(operand)
	if err != nil {
		return err
	}
	text, err := m.Format()
	if err != nil {
		return err
	}
	return printOut(string(text))
}

// callContext returns a context for requests to the stack. Ctrl-C, which ends ctx, does not cancel
// the requests, because the service would log that as its own fault. Only a failure of the stack
// cancels them, and becomes the cause.
func callContext(ctx context.Context, stack *local.Stack) (calls context.Context, stop func()) {
	calls, fail := context.WithCancelCause(context.WithoutCancel(ctx))
	go func() {
		select {
		case err := <-stack.Failed():
			fail(err)
		case <-calls.Done():
		}
	}()
	return calls, func() { fail(nil) }
}

// readManifest reads the manifest. The error reports all mistakes in it, each with the name of the
// file on a line of its own.
func readManifest(file string) (manifest.Manifest, error) {
	data, err := readInput(file)
	shown := withoutCredentials(file) // the name may be meant as a URL
	switch {
	case errors.Is(err, fs.ErrNotExist) && !slices.Contains(manifestExtensions, filepath.Ext(shown)):
		return manifest.Manifest{}, exit.Usagef("there is no file %q, and the URL of a site begins with http:// or https://", shown)
	case err != nil:
		return manifest.Manifest{}, exit.Usagef("%s", strings.ReplaceAll(err.Error(), file, shown))
	}
	m, err := manifest.Parse(file, data, pipeline.CheckConfig)
	var wrong *manifest.Error
	if errors.As(err, &wrong) {
		return m, &exit.UsageError{Lines: wrong.Lines}
	}
	return m, err
}

// manifestExtensions are the extensions of names that are certainly not meant as URLs.
var manifestExtensions = []string{".yaml", ".yml", ".json"}

// readInput reads a file, or standard input for the name "-".
func readInput(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(file)
}

// A pendingStack is a stack that starts in the background, while the command reads the manifest.
type pendingStack struct {
	cancel context.CancelFunc
	done   chan struct{}
	stack  *local.Stack
	err    error
}

// start starts a stack that crawls only this run, and no other unfinished run of the data folder.
// If another process has that folder open, the stack keeps its data in memory.
func (w *watch) start(ctx context.Context, s settings) *pendingStack {
	ctx, cancel := context.WithCancel(ctx)
	p := &pendingStack{cancel: cancel, done: make(chan struct{})}
	o := local.Options{
		Addr:          "127.0.0.1:0",
		DataDir:       s.dataDir,
		DefaultTenant: s.defaultTenant,
		Memory:        s.memory,
		OnlyRun:       w.id,
		Observer:      func(_ uuid.UUID, wait crawl.Wait) { w.display.SetWait(wait) },
		Logger:        s.logger(w.display),
	}
	if s.logLevel == slog.LevelWarn {
		s.logLevel = slog.LevelInfo // show slow steps, such as a download
		o.StartLogger = s.logger(w.display)
	}
	go func() {
		defer close(p.done)
		p.stack, p.err = local.Start(ctx, o)
		var inUse *dynamolocal.InUseError
		if errors.As(p.err, &inUse) {
			w.display.Println(fmt.Sprintf("%s is in use by another instance: this run is kept in memory only", s.dataDir))
			o.DataDir = ""
			p.stack, p.err = local.Start(ctx, o)
		}
	}()
	return p
}

// wait waits until the stack has started, and returns it.
func (p *pendingStack) wait() (*local.Stack, error) {
	<-p.done
	return p.stack, p.err
}

// stop stops the stack, or cancels its start.
func (p *pendingStack) stop() {
	p.cancel()
	if stack, err := p.wait(); err == nil {
		stack.Stop()
	}
}
