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

// call is one call on a run and its answer.
type call struct {
	action   string // pause, resume, stop, delete or get
	from, to time.Time
	response response
	run      runBody // when answered 200
}

// TestLifecycleRace has 32 clients call pause, resume, stop, delete and get on one run all
// at once, and looks for an order of the calls that explains all answers: one in which each
// call sees the run as the calls before it left it, and no call comes before one that had
// been answered when it was made.
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
			if !explained(history, state{body: string(first.body), run: first.run()}) {
				var b strings.Builder
				for _, h := range history {
					fmt.Fprintf(&b, "\n%v to %v: %s: %d %s", h.from.Sub(history[0].from), h.to.Sub(history[0].from), h.action, h.response.status, h.response.body)
				}
				t.Errorf("no order of the calls explains their answers:%s", b.String())
			}
		})
	}
	// However they came to their end, the job knows how many of its runs are unfinished.
	for _, r := range c.do("GET", "/v1/runs?per_page=100&statuses=running&statuses=paused", nil).want(200).runs().Items {
		c.do("PUT", "/v1/runs/"+r.ID.String()+"/stop", nil).want(200)
	}
	c.do("DELETE", "/v1/jobs/"+j.ID.String(), nil).want(204)
}

// timed makes a call and notes when it was made and when it was answered.
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

// state is a run between two calls.
type state struct {
	deleted bool
	body    string // of an answer that shows it
	run     runBody
}

// after returns the state that a call leaves, and whether its answer is right in this one.
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

// follows reports whether a run may look so after it has moved to the status.
func follows(before, after runBody, to run.Status) bool {
	at := func(t *time.Time) bool { return t != nil && t.Equal(after.UpdatedAt) }
	return after.Status == to && !after.UpdatedAt.Before(before.UpdatedAt) &&
		after.StartedAt.Equal(*before.StartedAt) &&
		at(after.PausedAt) == (to == run.Paused) &&
		at(after.FinishedAt) == (to == run.Finished) &&
		(after.StopReason != nil) == (to == run.Finished)
}

// explained reports whether there is an order of the calls that explains all answers,
// beginning in the state. See M. P. Herlihy and J. M. Wing, "Linearizability: a correctness
// condition for concurrent objects", 1990.
func explained(calls []call, begin state) bool {
	seen := map[string]bool{}
	var search func(done []bool, s state) bool
	search = func(done []bool, s state) bool {
		for again := true; again; {
			again = false
			for n, c := range calls {
				// A call that changes nothing may as well come as early as it can.
				next, ok := s.after(c)
				if !done[n] && ok && next.deleted == s.deleted && next.body == s.body && possible(calls, done, n) {
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
			if next, ok := s.after(c); ok && possible(calls, done, n) {
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

// possible reports whether the n-th call may be the next: none that is left was answered
// before it was made.
func possible(calls []call, done []bool, n int) bool {
	for i, c := range calls {
		if !done[i] && c.to.Before(calls[n].from) {
			return false
		}
	}
	return true
}

// TestExplained shows that explained tells right histories from wrong ones.
func TestExplained(t *testing.T) {
	zero := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	at := func(n int) time.Time { return zero.Add(time.Duration(n) * time.Second) }
	// A run that was moved to the status at a time.
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
		{"one after the other", []call{ok("pause", 1, 2, run.Paused, 1), ok("resume", 3, 4, run.Running, 3)}, true},
		{"made in another order than listed", []call{ok("resume", 3, 4, run.Running, 3), ok("pause", 1, 2, run.Paused, 1)}, true},
		{"the later call saw the earlier state", []call{ok("pause", 1, 2, run.Paused, 1), ok("get", 3, 4, run.Running, 0)}, false},
		{"an overlapping call may", []call{ok("pause", 1, 4, run.Paused, 1), ok("get", 2, 3, run.Running, 0)}, true},
		{"two that overlap pause it both", []call{ok("pause", 1, 4, run.Paused, 1), ok("pause", 2, 3, run.Paused, 2)}, false},
		{"the second finds it paused", []call{ok("pause", 1, 4, run.Paused, 2), ok("pause", 2, 3, run.Paused, 2)}, true},
		{"two deletes", []call{other("delete", 1, 3, 204, ""), other("delete", 2, 4, 204, "")}, false},
		{"a delete and one too late", []call{other("delete", 1, 3, 204, ""), other("delete", 2, 4, 404, "")}, true},
		{"stopped after it was deleted", []call{other("delete", 1, 2, 204, ""), ok("stop", 3, 4, run.Finished, 3)}, false},
		{"paused after it was finished", []call{ok("stop", 1, 2, run.Finished, 1), ok("pause", 3, 4, run.Paused, 3)}, false},
		{"refused since it was finished", []call{ok("stop", 1, 5, run.Finished, 1), other("pause", 3, 4, 409, "finished")}, true},
		{"refused before it was finished", []call{ok("stop", 5, 6, run.Finished, 5), other("pause", 3, 4, 409, "finished")}, false},
		{"a lost pause", []call{ok("pause", 1, 3, run.Paused, 1), ok("get", 1, 3, run.Paused, 1), ok("get", 4, 5, run.Running, 0)}, false},
	} {
		if got := explained(tt.calls, begin); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}
