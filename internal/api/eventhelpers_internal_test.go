package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tmaxmax/go-sse"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/watch"
)

// The tests of streams run on the clock of testing/synctest, over connections in memory. Their
// events are parsed by the library go-sse.

// A pipeListener accepts connections in memory.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func newPipeListener() pipeListener {
	closed := make(chan struct{})
	return pipeListener{make(chan net.Conn), closed, sync.OnceFunc(func() { close(closed) })}
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l pipeListener) Close() error   { l.close(); return nil }
func (l pipeListener) Addr() net.Addr { return &net.UnixAddr{} }

func (l pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// A streamServer is a waitServer behind an http.Server with timeouts.
type streamServer struct {
	*waitServer
	client *http.Client
}

// testStreams runs a test of streams with a server whose run is running.
func testStreams(t *testing.T, name string, f func(t *testing.T, s *streamServer)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &streamServer{waitServer: newWaitServer(t, new(watch.Hub))}
			l := newPipeListener()
			server := &http.Server{
				Handler: s.Handler(), ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
				ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
			}
			go server.Serve(s.Listener(l))
			transport := &http.Transport{DialContext: l.dial}
			s.client = &http.Client{Transport: transport}
			f(t, s)
			transport.CloseIdleConnections()
			server.Close()
			synctest.Wait()
			if s.hub.Watched(watchedRun, watch.Commits) || s.streams.Load() != 0 {
				t.Errorf("a subscription is left, or one of %d streams", s.streams.Load())
			}
		})
	})
}

const eventsPath = "http://localhost/v1/runs/" + idA + "/events"

// open starts a stream and returns its response.
func (s *streamServer) open(ctx context.Context, method string, header ...string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, eventsPath, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp
}

// An openStream is a stream whose events are read.
type openStream struct {
	t      *testing.T
	start  time.Time
	cancel func()

	mu     sync.Mutex
	events []string // such as "0s run running" or "1s logs 3 skipped 4"
	raw    strings.Builder
	over   bool
}

// read starts a stream and reads its events.
func (s *streamServer) read() *openStream {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	resp := s.open(ctx, "GET")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		s.t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	o := &openStream{t: s.t, start: time.Now(), cancel: cancel}
	go func() {
		defer resp.Body.Close()
		for event, err := range sse.Read(io.TeeReader(resp.Body, lockedWriter{o}), nil) {
			if err != nil {
				break
			}
			o.add(event)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.over = true
	}()
	return o
}

type lockedWriter struct{ *openStream }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.raw.Write(p)
}

func (o *openStream) add(event sse.Event) {
	var data struct {
		Status   run.Status
		Progress struct {
			run.Progress
			WaitingFor run.WaitReason `json:"waiting_for"`
		}
		Items   []struct{ Depth int }
		Skipped int
		Config  json.RawMessage
	}
	if err := json.Unmarshal([]byte(event.Data), &data); err != nil || data.Config != nil || event.LastEventID != "" {
		o.t.Errorf("the data of %s is %s (%v)", event.Type, event.Data, err)
	}
	text := fmt.Sprintf("%s %s", time.Since(o.start), event.Type)
	switch event.Type {
	case "run":
		text += " " + string(data.Status)
	case "progress":
		text += fmt.Sprintf(" %s %d", data.Status, data.Progress.URLsFetched)
	case "logs":
		text += fmt.Sprintf(" %d to %d skipped %d", data.Items[0].Depth, data.Items[len(data.Items)-1].Depth, data.Skipped)
	}
	if reason := data.Progress.WaitingFor; reason != "" {
		text += " for " + string(reason)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, text)
}

// want compares the events until now.
func (o *openStream) want(over bool, events ...string) {
	o.t.Helper()
	synctest.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	if d := cmp.Diff(events, o.events); d != "" || o.over != over {
		o.t.Errorf("the stream is over: %v, want %v; its events (-want +got):\n%s", o.over, over, d)
	}
}

// commit publishes a commit of n outcomes, whose depths are their numbers.
func (s *streamServer) commit(from, n int) { s.hub.Committing(watchedRun)(outcomes(from, n)) }

func outcomes(from, n int) *watch.Commit {
	c := &watch.Commit{Progress: run.Progress{URLsFetched: int64(from + n - 1)}}
	for i := range n {
		c.Entries = append(c.Entries, crawllog.Entry{Outcome: crawllog.Outcome{URL: "http://h/", Depth: from + i}})
	}
	return c
}
