package chromium

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// A Request is a request that a page made the browser send.
type Request struct {
	Method string
	URL    *url.URL
	Header map[string]any // as far as the page's renderer knows it
}

// Requests returns the requests so far whose method, a space and path begin with the text, such as
// "GET /v1/runs".
func (tab *Tab) Requests(begin string) (all []Request) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, r := range tab.requests {
		if strings.HasPrefix(r.Method+" "+r.URL.Path, begin) {
			all = append(all, r)
		}
	}
	return all
}

// AwaitIdle waits until no request is in flight and the page has rendered what it has.
func (tab *Tab) AwaitIdle() {
	tab.t.Helper()
	tab.Await("the requests of the page to end", func() bool {
		tab.Eval(`new Promise(done => setTimeout(() => setTimeout(done)))`, nil)
		tab.mu.Lock()
		defer tab.mu.Unlock()
		return len(tab.pending) == 0
	})
	tab.Eval(`new Promise(done => setTimeout(() => setTimeout(done)))`, nil)
}

// ForgetRequests forgets the requests so far.
func (tab *Tab) ForgetRequests() {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.requests = nil
}

// Allow names problems that the test expects: those that contain one of the texts do not fail it.
// They may have happened before.
func (tab *Tab) Allow(texts ...string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.allowed = append(tab.allowed, texts...)
}

// Problems returns the problems so far that are not allowed: errors that the page logs or throws,
// violations of its policies, requests that fail or get an error, and requests to other hosts.
func (tab *Tab) Problems() (all []string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, problem := range tab.problems {
		if !slices.ContainsFunc(tab.allowed, func(text string) bool { return strings.Contains(problem, text) }) {
			all = append(all, problem)
		}
	}
	return all
}

func (tab *Tab) reportProblems() {
	for _, problem := range tab.Problems() {
		tab.t.Error(problem)
	}
}

// record records an event of the tab. It must return fast and must not send commands.
func (tab *Tab) record(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	problem := func(format string, args ...any) { tab.problems = append(tab.problems, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.recordRequest(e, problem)
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			problem("the response is %d: %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFinished:
		delete(tab.pending, e.RequestID)
	case *network.EventLoadingFailed:
		delete(tab.pending, e.RequestID)
		if !e.Canceled {
			problem("the request fails: %s %s%s", e.ErrorText, e.BlockedReason, " "+tab.urls[e.RequestID])
		}
	case *runtime.EventExceptionThrown:
		problem("the page throws %s", describe(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if kind := string(e.Type); kind == "error" || kind == "assert" || kind == "warning" {
			problem("the page logs a %s: %s", kind, arguments(e.Args))
		}
	case *log.EventEntryAdded:
		// The failures of requests are recorded above.
		if level := string(e.Entry.Level); (level == "error" || level == "warning") && e.Entry.Source != "network" {
			problem("the browser logs a %s: %s %s", level, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if csp := e.Issue.Details.ContentSecurityPolicyIssueDetails; csp != nil {
			problem("the page violates its policy %s: %s", csp.ViolatedDirective, csp.BlockedURL)
		}
	}
}

func (tab *Tab) recordRequest(e *network.EventRequestWillBeSent, problem func(string, ...any)) {
	u, err := url.Parse(e.Request.URL)
	if err != nil || u.Scheme == "data" || u.Scheme == "blob" || u.Scheme == "about" {
		return
	}
	tab.urls[e.RequestID] = e.Request.URL
	tab.pending[e.RequestID] = true
	tab.requests = append(tab.requests, Request{e.Request.Method, u, e.Request.Headers})
	if u.Host != tab.host {
		problem("a request goes to another host: %s %s", e.Request.Method, e.Request.URL)
	}
}

func describe(e *runtime.ExceptionDetails) string {
	if e.Exception != nil && e.Exception.Description != "" {
		return e.Exception.Description
	}
	return e.Text
}

func arguments(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		text := a.Description
		if text == "" {
			text = string(a.Value)
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}
