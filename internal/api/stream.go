package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/inndx/runs/internal/fault"
)

// Bounds of streams.
const (
	// maxStreams bounds the streams of a process. Each holds a connection and a goroutine.
	maxStreams = 256
	// streamRetryAfter is when a client that got no stream may try again.
	streamRetryAfter = 10 * time.Second
	// heartbeatInterval is the time between two comments. They show the client, and what is between
	// it and the server, that the connection works.
	heartbeatInterval = 15 * time.Second
	// streamWriteTimeout bounds the time until a client has room for an event.
	streamWriteTimeout = 30 * time.Second
)

// A stream sends events until it is complete, and returns nil then. It ends early with the error of
// ctx when the client disconnects, with errDraining when the server drains, and with the first
// error of out.
type stream func(ctx context.Context, out *eventWriter) error

var errDraining = fault.New(fault.Unavailable, "the server shuts down")

// An eventWriter writes server-sent events. See
// https://html.spec.whatwg.org/multipage/server-sent-events.html.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	events  int // that were sent
}

// send sends an event. Its data is JSON, which has no line breaks.
func (e *eventWriter) send(name string, data any) error {
	var b bytes.Buffer
	b.WriteString("event: " + name + "\ndata: ")
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil { // ends with a line break
		return err
	}
	b.WriteByte('\n')
	e.events++
	return e.write(b.Bytes())
}

// heartbeat sends a comment.
func (e *eventWriter) heartbeat() error { return e.write([]byte(":\n\n")) }

// write sends p at once. The timeout of http.Server is for a whole response, so each write has one
// of its own.
func (e *eventWriter) write(p []byte) error {
	err := e.control.SetWriteDeadline(time.Now().Add(streamWriteTimeout))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := e.w.Write(p); err != nil {
		return err
	}
	return e.control.Flush()
}

// openStream counts a stream until the request ends. It returns an error if there are too many.
func (s *Server) openStream(r *request) error {
	r.atEnd(func() { s.streams.Add(-1) })
	if s.streams.Add(1) > maxStreams {
		err := fault.Because(fault.ReasonTooManyStreams, "there are %d streams, and no more are served", maxStreams)
		err.RetryAfter = streamRetryAfter
		return err
	}
	return nil
}

// sendStream sends the body of a stream, and logs its end.
func (s *Server) sendStream(w http.ResponseWriter, r *request, send stream) {
	start := time.Now()
	out := &eventWriter{w: w, control: http.NewResponseController(w)}
	err := send(r.unbounded, out)
	s.opts.Logger.LogAttrs(r.unbounded, slog.LevelInfo, "stream ended",
		slog.String("route", r.route), slog.String("tenant", string(r.tenant)), slog.String("request_id", r.id),
		slog.Int("events", out.events), slog.Float64("streamed_ms", milliseconds(time.Since(start))), slog.Any("error", err))
}
