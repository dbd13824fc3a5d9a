package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/watch"
)

func TestEvents(t *testing.T) {
	testStreams(t, "commits are sent at most once a second", func(t *testing.T, s *streamServer) {
		o := s.read()
		o.want(false, "0s run running")
		s.commit(1, 2)
		want := []string{"0s run running", "0s progress running 2", "0s logs 1 to 2 skipped 0"}
		o.want(false, want...)
		for i := range 10 {
			time.Sleep(50 * time.Millisecond)
			s.commit(3+5*i, 5)
		}
		o.want(false, want...)
		time.Sleep(time.Second)
		want = append(want, "1s progress running 52", "1s logs 33 to 52 skipped 30")
		o.want(false, want...)
		time.Sleep(time.Minute)
		s.commit(53, 1)
		o.want(false, append(want, "1m1.5s progress running 53", "1m1.5s logs 53 to 53 skipped 0")...)
		o.cancel()
	})
	testStreams(t, "transitions are sent at once", func(t *testing.T, s *streamServer) {
		o := s.read()
		time.Sleep(time.Second)
		s.change(run.Paused)
		synctest.Wait()
		s.change(run.Running)
		synctest.Wait()
		s.hub.Changed(watchedRun) // nothing changed
		o.want(false, "0s run running", "1s run paused", "1s run running")
		o.cancel()
	})
	testStreams(t, "what the run waits for", func(t *testing.T, s *streamServer) {
		o := s.read()
		s.store.wait(run.WaitMemory)
		s.hub.Changed(watchedRun)
		synctest.Wait()
		s.hub.Changed(watchedRun) // it still waits
		synctest.Wait()
		s.store.wait("") // a worker has the run, and a commit tells so
		s.commit(1, 1)
		o.want(false, "0s run running", "0s run running for memory", "0s progress running 1", "0s logs 1 to 1 skipped 0")
		s.store.wait(run.WaitMemory)
		s.hub.Changed(watchedRun)
		o.want(false, "0s run running", "0s run running for memory", "0s progress running 1", "0s logs 1 to 1 skipped 0", "0s run running for memory")
		o.cancel()
	})
	testStreams(t, "the end comes after the last commits", func(t *testing.T, s *streamServer) {
		o := s.read()
		time.Sleep(time.Second)
		s.commit(1, 1)
		synctest.Wait()
		s.commit(2, 1)
		s.change(run.Finished)
		want := []string{"0s run running", "1s progress running 1", "1s logs 1 to 1 skipped 0", "1s run finished"}
		o.want(false, want...)
		time.Sleep(time.Second)
		o.want(true, append(want, "2s progress finished 2", "2s logs 2 to 2 skipped 0", "2s end")...)
	})
	testStreams(t, "the end waits for a commit in progress", func(t *testing.T, s *streamServer) {
		o := s.read()
		o.want(false, "0s run running")
		done := s.hub.Committing(watchedRun)
		s.change(run.Finished)
		o.want(false, "0s run running", "0s run finished")
		done(outcomes(1, 1))
		o.want(true, "0s run running", "0s run finished", "0s progress finished 1", "0s logs 1 to 1 skipped 0", "0s end")
	})
	testStreams(t, "a commit that failed is not waited for", func(t *testing.T, s *streamServer) {
		o := s.read()
		o.want(false, "0s run running")
		done := s.hub.Committing(watchedRun)
		s.change(run.Finished)
		synctest.Wait()
		done(nil)
		o.want(true, "0s run running", "0s run finished", "0s end")
	})
	testStreams(t, "a finished run", func(t *testing.T, s *streamServer) {
		s.change(run.Finished)
		s.read().want(true, "0s run finished", "0s end")
	})
	testStreams(t, "a deleted run", func(t *testing.T, s *streamServer) {
		o := s.read()
		o.want(false, "0s run running")
		s.store.fail(fault.Because(fault.ReasonNoSuchRun, "no such run"))
		s.hub.Changed(watchedRun)
		o.want(true, "0s run running", "0s end")
	})
	testStreams(t, "another run with the id of a deleted one", func(t *testing.T, s *streamServer) {
		o := s.read()
		o.want(false, "0s run running")
		s.store.run.CreatedAt = time.Now()
		s.change(run.Pending)
		o.want(true, "0s run running", "0s end")
	})
	testStreams(t, "a read that fails ends the stream without an end", func(t *testing.T, s *streamServer) {
		o := s.read()
		o.want(false, "0s run running")
		s.store.fail(errors.New("the database is gone"))
		s.hub.Changed(watchedRun)
		o.want(true, "0s run running")
		if !strings.Contains(s.log.String(), "the database is gone") {
			t.Errorf("the log does not say why: %s", &s.log)
		}
	})
	testStreams(t, "a stream outlives the timeouts, with a heartbeat every 15 seconds", func(t *testing.T, s *streamServer) {
		o := s.read()
		time.Sleep(10*time.Minute + time.Second)
		synctest.Wait()
		if n := strings.Count(o.raw.String(), ":\n\n"); n != 40 {
			t.Errorf("in ten minutes there are %d heartbeats: %q", n, o.raw.String())
		}
		s.change(run.Finished)
		o.want(true, "0s run running", "10m1s run finished", "10m1s end")
	})
	testStreams(t, "the server drains", func(t *testing.T, s *streamServer) {
		o := s.read()
		o.want(false, "0s run running")
		s.Drain()
		o.want(true, "0s run running")
		s.read().want(true, "0s run running")
	})
	testStreams(t, "the client disconnects", func(t *testing.T, s *streamServer) {
		o := s.read()
		time.Sleep(time.Minute)
		o.cancel()
		synctest.Wait()
		if s.hub.Watched(watchedRun, watch.Commits) || !strings.Contains(s.log.String(), `"msg":"stream ended"`) {
			t.Errorf("the stream did not end: %s", &s.log)
		}
	})
	testStreams(t, "a client that reads nothing delays no commit, and loses its stream", func(t *testing.T, s *streamServer) {
		resp := s.open(t.Context(), "GET")
		defer resp.Body.Close()
		start := time.Now()
		for i := range 1000 {
			s.commit(100*i, 100)
			synctest.Wait()
		}
		if time.Since(start) > 0 {
			t.Errorf("1,000 commits took %s", time.Since(start))
		}
		time.Sleep(streamWriteTimeout)
		synctest.Wait()
		if s.hub.Watched(watchedRun, watch.Commits) {
			t.Error("the stream did not end")
		}
	})
	testStreams(t, "there are too many", func(t *testing.T, s *streamServer) {
		var all []*openStream
		for range maxStreams {
			all = append(all, s.read())
		}
		resp := s.open(t.Context(), "GET")
		if text := bodyOf(t, resp); resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "10" || !strings.Contains(text, `"too_many_streams"`) {
			t.Errorf("%d %v %s", resp.StatusCode, resp.Header, text)
		}
		resp.Body.Close()
		all[0].cancel()
		synctest.Wait()
		s.read().want(false, "0s run running")
		s.Drain()
	})
	testStreams(t, "a panic", func(t *testing.T, s *streamServer) {
		o := s.read()
		o.want(false, "0s run running")
		s.store.afterRead = func() { panic("in the store") }
		s.change(run.Paused)
		o.want(true, "0s run running")
	})
	testStreams(t, "HEAD has no stream", func(t *testing.T, s *streamServer) {
		resp := s.open(t.Context(), "HEAD")
		resp.Body.Close()
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%d %v", resp.StatusCode, resp.Header)
		}
	})
	testStreams(t, "the header", func(t *testing.T, s *streamServer) {
		s.change(run.Finished)
		resp := s.open(t.Context(), "GET", "Accept-Encoding", "gzip")
		defer resp.Body.Close()
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Content-Encoding": "", "Content-Length": "", "Etag": "",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if text := bodyOf(t, resp); !strings.HasPrefix(text, "event: run\ndata: {") {
			t.Errorf("the body is %q", text)
		}
	})
	testStreams(t, "preconditions are refused", func(t *testing.T, s *streamServer) {
		for _, name := range []string{"If-Match", "If-None-Match"} {
			resp := s.open(t.Context(), "GET", name, `"a"`)
			if text := bodyOf(t, resp); resp.StatusCode != 422 || !strings.Contains(text, `"field":"`+name+`"`) {
				t.Errorf("%s: %d %s", name, resp.StatusCode, text)
			}
			resp.Body.Close()
		}
	})
}

// Every outcome that is committed during a stream is in an event, or counted in one.
func TestEventsCountEveryOutcome(t *testing.T) {
	testStreams(t, "300 commits", func(t *testing.T, s *streamServer) {
		const commits = 300
		o := s.read()
		o.want(false, "0s run running")
		for i := range commits {
			s.commit(7*i, 7)
			time.Sleep(137 * time.Millisecond)
		}
		s.change(run.Finished)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		total := 0
		for _, e := range o.events {
			var from, to, skipped int
			var text string
			if n, _ := fmt.Sscanf(e, "%s logs %d to %d skipped %d", &text, &from, &to, &skipped); n == 4 {
				total += to - from + 1 + skipped
			}
		}
		if total != 7*commits || !o.over {
			t.Errorf("the events show and count %d outcomes, want %d", total, 7*commits)
		}
	})
}

func TestEventsNeedAHub(t *testing.T) {
	s := newWaitServer(t, nil)
	for _, h := range []http.Handler{s.Handler(), s.Route("stream-run-events")} {
		resp := call(h, "GET", eventsPath)
		if text := bodyOf(t, resp); resp.StatusCode != 501 || !strings.Contains(text, `"reason":"use_wait"`) || !strings.Contains(text, "wait=20s") {
			t.Errorf("%d %s", resp.StatusCode, text)
		}
	}
	if resp := call(s.Handler(), "GET", strings.Replace(eventsPath, idA, "x", 1)); resp.StatusCode != 422 {
		t.Errorf("an invalid id gets %d", resp.StatusCode)
	}
	if runs, statuses := s.store.reads(); runs+statuses > 0 {
		t.Error("the table is read")
	}
}
