package api_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inndx/runs/internal/run"
)

// A call is a call on a run, with its response.
type call struct {
	action   string // pause, resume, stop, delete or get
	from, to time.Time
	response response
	run      runBody // if the status is 200
}

// In TestLifecycleRace, 32 clients concurrently pause, resume, stop, delete and get one run. The
// test searches an order of the calls that explains all responses. In this order, each call sees
// the state that the previous call left, and a call that started after another one ended comes
// after it.
func TestLifecycleRace(t *testing.T) {
	const clients, callsEach = 32, 3
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	for _, actions := range [][]string{
		{"pause", "resume"},
		{"pause", "resume", "get"},
		{"pause", "resume", "pause", "resume", "get", "stop"},
		{"pause", "resume", "pause", "resume", "get", "delete"},
		{"pause", "resume", "stop", "delete"},
		{"stop", "delete"},
	} {
		t.Run(strings.Join(actions, " "), func(t *testing.T) {
			id := c.createRun(j.ID).ID
			c.moveTo(id, run.Running)
			path := "/v1/runs/" + id.String()
			first := c.do("GET", path, nil).want(200)
			history := make([]call, clients*callsEach)
			var ready, done sync.WaitGroup
			ready.Add(clients)
			for client := range clients {
				done.Go(func() {
					ready.Done()
					ready.Wait()
					for n := range callsEach {
						action := actions[rand.IntN(len(actions))]
						history[client*callsEach+n] = c.timed(action, path)
					}
				})
			}
			done.Wait()
			history = append(history, c.timed("get", path))
			if t.Failed() {
				return
			}
			if !linearizable(history, state{body: string(first.body), run: first.run()}) {
				var b strings.Builder
				for _, h := range history {
					fmt.Fprintf(&b, "\n%v to %v: %s: %d %s", h.from.Sub(history[0].from), h.to.Sub(history[0].from), h.action, h.response.status, h.response.body)
				}
				t.Errorf("no order of the calls explains their responses:%s", b.String())
			}
		})
	}
	// The job's number of unfinished runs is right, so it can be deleted.
	for _, r := range c.do("GET", "/v1/runs?per_page=100&statuses=running&statuses=paused", nil).want(200).runs().Items {
		c.do("PUT", "/v1/runs/"+r.ID.String()+"/stop", nil).want(200)
	}
	c.do("DELETE", "/v1/jobs/"+j.ID.String(), nil).want(204)
}

// timed makes a call and records when it started and ended.
func (c client) timed(action, path string) call {
	h := call{action: action, from: time.Now()}
	switch action {
	case "get":
		h.response = c.do("GET", path, nil)
	case "delete":
		h.response = c.do("DELETE", path, nil)
	default:
		h.response = c.do("PUT", path+"/"+action, nil)
	}
	h.to = time.Now()
	switch h.response.status {
	case 200:
		h.run = h.response.run()
	case 204, 404, 409:
	default:
		c.t.Errorf("%s: %d %s", h.response.call, h.response.status, h.response.body)
	}
	return h
}

// A state is the state of a run between two calls.
type state struct {
	deleted bool
	body    string // of a response that shows the run
	run     runBody
}

// after returns the state after a call, and whether the response is right for a call in state s.
func (s state) after(c call) (next state, ok bool) {
	switch {
	case s.deleted:
		return s, c.response.status == 404
	case c.action == "delete":
		return state{deleted: true}, c.response.status == 204
	case c.action == "get":
		return s, c.response.status == 200 && string(c.response.body) == s.body
	}
	to := map[string]run.Status{"pause": run.Paused, "resume": run.Running, "stop": run.Finished}[c.action]
	switch {
	case s.run.Status == to:
		return s, c.response.status == 200 && string(c.response.body) == s.body
	case s.run.Status == run.Finished:
		return s, c.response.status == 409 && strings.Contains(string(c.response.body), "finished")
	}
	return state{body: string(c.response.body), run: c.run}, c.response.status == 200 && follows(s.run, c.run, to)
}

// follows reports whether after is a possible result of the transition of before to the status.
func follows(before, after runBody, to run.Status) bool {
	at := func(t *time.Time) bool { return t != nil && t.Equal(after.UpdatedAt) }
	return after.Status == to && !after.UpdatedAt.Before(before.UpdatedAt) &&
		after.StartedAt.Equal(*before.StartedAt) &&
		at(after.PausedAt) == (to == run.Paused) &&
		at(after.FinishedAt) == (to == run.Finished) &&
		(after.StopReason != nil) == (to == run.Finished)
}

// linearizable reports whether there is an order of the calls that explains all responses, starting
// in the given state. See M. P. Herlihy and J. M. Wing, "Linearizability: a correctness
// condition for concurrent objects", 1990.
func linearizable(calls []call, begin state) bool {
	seen := map[string]bool{}
	var search func(done []bool, s state) bool
	search = func(done []bool, s state) bool {
		for again := true; again; {
			again = false
			for n, c := range calls {
				// It is safe to put a call that changes nothing as early as possible.
				next, ok := s.after(c)
				if !done[n] && ok && next.deleted == s.deleted && next.body == s.body && mayBeNext(calls, done, n) {
					done[n], again = true, true
				}
			}
		}
		key := fmt.Sprint(done, s.deleted, s.body)
		if seen[key] {
			return false
		}
		seen[key] = true
		left := false
		for n, c := range calls {
			if done[n] {
				continue
			}
			left = true
			if next, ok := s.after(c); ok && mayBeNext(calls, done, n) {
				with := append([]bool(nil), done...)
				with[n] = true
				if search(with, next) {
					return true
				}
			}
		}
		return !left
	}
	return search(make([]bool, len(calls)), begin)
}

// mayBeNext reports whether the n-th call may be the next one: no remaining call ended before it
// started.
func mayBeNext(calls []call, done []bool, n int) bool {
	for i, c := range calls {
		if !done[i] && c.to.Before(calls[n].from) {
			return false
		}
	}
	return true
}

func TestLinearizable(t *testing.T) {
	zero := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	at := func(n int) time.Time { return zero.Add(time.Duration(n) * time.Second) }
	// body returns a run that changed to the status at a time.
	body := func(status run.Status, moved int) (string, runBody) {
		started, now := zero, at(moved)
		r := runBody{Status: status, StartedAt: &started, UpdatedAt: now}
		switch status {
		case run.Paused:
			r.PausedAt = &now
		case run.Finished:
			manual := run.Manual
			r.FinishedAt, r.StopReason = &now, &manual
		}
		return fmt.Sprint(status, moved), r
	}
	ok := func(action string, from, to int, status run.Status, moved int) call {
		text, r := body(status, moved)
		return call{action: action, from: at(from), to: at(to), run: r, response: response{status: 200, body: []byte(text)}}
	}
	other := func(action string, from, to, status int, text string) call {
		return call{action: action, from: at(from), to: at(to), response: response{status: status, body: []byte(text)}}
	}
	text, r := body(run.Running, 0)
	begin := state{body: text, run: r}
	for _, tt := range []struct {
		name  string
		calls []call
		want  bool
	}{
		{"one after another", []call{ok("pause", 1, 2, run.Paused, 1), ok("resume", 3, 4, run.Running, 3)}, true},
		{"not in the order of the list", []call{ok("resume", 3, 4, run.Running, 3), ok("pause", 1, 2, run.Paused, 1)}, true},
		{"the later call saw the earlier state", []call{ok("pause", 1, 2, run.Paused, 1), ok("get", 3, 4, run.Running, 0)}, false},
		{"an overlapping call sees the earlier state", []call{ok("pause", 1, 4, run.Paused, 1), ok("get", 2, 3, run.Running, 0)}, true},
		{"two overlapping calls both pause it", []call{ok("pause", 1, 4, run.Paused, 1), ok("pause", 2, 3, run.Paused, 2)}, false},
		{"the second call finds it paused", []call{ok("pause", 1, 4, run.Paused, 2), ok("pause", 2, 3, run.Paused, 2)}, true},
		{"two deletes", []call{other("delete", 1, 3, 204, ""), other("delete", 2, 4, 204, "")}, false},
		{"a second delete finds nothing", []call{other("delete", 1, 3, 204, ""), other("delete", 2, 4, 404, "")}, true},
		{"stopped after it was deleted", []call{other("delete", 1, 2, 204, ""), ok("stop", 3, 4, run.Finished, 3)}, false},
		{"paused after it was finished", []call{ok("stop", 1, 2, run.Finished, 1), ok("pause", 3, 4, run.Paused, 3)}, false},
		{"rejected because it was finished", []call{ok("stop", 1, 5, run.Finished, 1), other("pause", 3, 4, 409, "finished")}, true},
		{"rejected before it was finished", []call{ok("stop", 5, 6, run.Finished, 5), other("pause", 3, 4, 409, "finished")}, false},
		{"a lost pause", []call{ok("pause", 1, 3, run.Paused, 1), ok("get", 1, 3, run.Paused, 1), ok("get", 4, 5, run.Running, 0)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := linearizable(tt.calls, begin); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}
