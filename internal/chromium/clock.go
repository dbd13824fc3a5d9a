package chromium

import (
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Pass lets time pass for the page, without waiting for it: its timers fire in order, and its clock
// stands still while a request is in flight. Then the clock stands still until the next call. A page
// with a stream that stays open cannot be used with it.
func (tab *Tab) Pass(d time.Duration) {
	tab.t.Helper()
	ms := float64(d.Milliseconds())
	expired := make(chan struct{}, 1)
	if err := chromedp.Listen(tab.ctx, func(event any) {
		if _, ok := event.(*emulation.EventVirtualTimeBudgetExpired); ok {
			select {
			case expired <- struct{}{}:
			default:
			}
		}
	}); err != nil {
		tab.t.Fatal(err)
	}
	call(tab, emulation.SetVirtualTimePolicy, emulation.SetVirtualTimePolicyParams{
		Policy: emulation.VirtualTimePolicyPauseIfNetworkFetchesPending, Budget: &ms,
	})
	select {
	case <-expired:
	case <-time.After(patience + d/100):
		tab.t.Fatalf("%s did not pass for the page", d)
	}
}

// Hide minimizes the window of the tab, so that its page is in the background.
func (tab *Tab) Hide() {
	tab.t.Helper()
	tab.setWindow(browser.WindowStateMinimized)
	tab.Await("the page to be hidden", tab.Hidden)
}

// Show restores the window of the tab.
func (tab *Tab) Show() {
	tab.t.Helper()
	tab.setWindow(browser.WindowStateNormal)
	tab.Await("the page to be shown", func() bool { return !tab.Hidden() })
}

func (tab *Tab) setWindow(state browser.WindowState) {
	tab.t.Helper()
	window, err := chromedp.CallBrowser(tab.ctx, browser.GetWindowForTarget, browser.GetWindowForTargetParams{
		TargetID: chromedp.FromContext(tab.ctx).Target.TargetID,
	})
	if err == nil {
		_, err = chromedp.CallBrowser(tab.ctx, browser.SetWindowBounds, browser.SetWindowBoundsParams{
			WindowID: window.WindowID, Bounds: &browser.Bounds{WindowState: state},
		})
	}
	if err != nil {
		tab.t.Fatal(err)
	}
}

// Hidden reports whether the page knows that it is in the background.
func (tab *Tab) Hidden() (hidden bool) {
	tab.t.Helper()
	tab.Eval(`document.hidden`, &hidden)
	return hidden
}
