package chromium

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds each step of a test. A machine that runs other tests is slow.
const patience = 15 * time.Second

// A Tab is a tab of a browser. Its methods fail the test, instead of returning an error. Those that
// wait do so until a condition holds, and fail when it does not in time.
type Tab struct {
	t       testing.TB
	ctx     context.Context
	profile context.Context // that the tabs of the test share

	mu       sync.Mutex
	host     string // of the first URL that was opened
	urls     map[network.RequestID]string
	pending  map[network.RequestID]bool
	requests []Request
	problems []string
	allowed  []string
}

// Tab opens an empty tab in a new profile, which shares neither storage nor cache with those of
// other tests. It closes at the end of the test.
func (b *Browser) Tab(t testing.TB) *Tab {
	t.Helper()
	profile, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return open(t, profile, profile)
}

// Tab opens another tab in the profile, in front of the first one.
func (tab *Tab) Tab() *Tab {
	tab.t.Helper()
	ctx, cancel := chromedp.NewContext(tab.profile)
	tab.t.Cleanup(cancel)
	return open(tab.t, ctx, tab.profile)
}

func open(t testing.TB, ctx, profile context.Context) *Tab {
	t.Helper()
	tab := &Tab{t: t, ctx: ctx, profile: profile, urls: map[network.RequestID]string{}, pending: map[network.RequestID]bool{}}
	if err := chromedp.Listen(ctx, tab.record); err != nil { // opens the tab
		t.Fatal(err)
	}
	t.Cleanup(tab.reportProblems)
	call(tab, log.Enable, cdp.Empty{})
	call(tab, network.Enable, network.EnableParams{})
	call(tab, page.Enable, page.EnableParams{})
	call(tab, audits.Enable, cdp.Empty{})
	tab.Resize(1280, 800)
	return tab
}

// call sends a command of the DevTools protocol.
func call[P, R any](tab *Tab, command cdp.Command[P, R], params P) R {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		tab.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// Open opens a URL and waits until the page and its scripts are loaded.
func (tab *Tab) Open(address string) {
	tab.t.Helper()
	if err := tab.Navigate(address); err != nil {
		tab.t.Fatalf("open %s: %v", address, err)
	}
}

// Navigate is like Open and returns an error if the browser shows no page, such as for a file that
// it saves.
func (tab *Tab) Navigate(address string) error {
	tab.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	tab.mu.Lock()
	if tab.host == "" {
		tab.host = u.Host
	}
	tab.mu.Unlock()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, chromedp.Navigate(address))
}

// Reload loads the page again.
func (tab *Tab) Reload() {
	tab.t.Helper()
	tab.do("reload", chromedp.Reload())
}

// Back goes back in the tab's history, as the user's button does.
func (tab *Tab) Back() {
	tab.t.Helper()
	tab.Eval(`history.back()`, nil)
}

// URL returns the address of the page, with its hash.
func (tab *Tab) URL() (address string) {
	tab.t.Helper()
	tab.Eval(`location.href`, &address)
	return address
}

// Eval evaluates a JavaScript expression in the page, waits for its promise, and decodes the value
// into out unless out is nil.
func (tab *Tab) Eval(expression string, out any) {
	tab.t.Helper()
	yes := true
	result := call(tab, runtime.Evaluate, runtime.EvaluateParams{
		Expression: expression, ReturnByValue: &yes, AwaitPromise: &yes, UserGesture: &yes,
	})
	if e := result.ExceptionDetails; e != nil {
		tab.t.Fatalf("%s: %s", expression, e.Exception.Description)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(result.Result.Value, out); err != nil {
		tab.t.Fatalf("%s: %v of %s", expression, err, result.Result.Value)
	}
}

// Await waits until ok returns true. what says what ok checks.
func (tab *Tab) Await(what string, ok func() bool) {
	tab.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); {
		if time.Now().After(deadline) {
			tab.t.Fatalf("waited for %s in vain at %s, which shows:\n%s", what, tab.URL(), tab.Text())
		}
		select { // the next condition is not an event of the page
		case <-tab.ctx.Done():
			tab.t.Fatalf("waited for %s: %v", what, tab.ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Text returns the text of the page as it is shown.
func (tab *Tab) Text() (text string) {
	tab.t.Helper()
	tab.Eval(`document.body?.innerText ?? ''`, &text)
	return text
}

// AwaitText waits until the page shows all the texts.
func (tab *Tab) AwaitText(texts ...string) {
	tab.t.Helper()
	for _, text := range texts {
		tab.Await("the text "+text, func() bool { return strings.Contains(tab.Text(), text) })
	}
}

// AwaitNoText waits until the page shows none of the texts.
func (tab *Tab) AwaitNoText(texts ...string) {
	tab.t.Helper()
	for _, text := range texts {
		tab.Await("the end of the text "+text, func() bool { return !strings.Contains(tab.Text(), text) })
	}
}

// Resize sets the size of the page in CSS pixels.
func (tab *Tab) Resize(width, height int64) {
	tab.t.Helper()
	tab.do("resize", chromedp.EmulateViewport(width, height))
}

func (tab *Tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
}
