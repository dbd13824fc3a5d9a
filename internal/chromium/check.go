package chromium

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Widths are the widths in which pages are tested: a desktop and a phone.
var Widths = []int64{1280, 390}

// CheckAccessible fails the test if axe finds a serious or critical violation in the page, in the
// light or the dark scheme, or if the page is wider than a phone. The environment variable AXE is the
// path of axe.min.js of the npm package axe-core.
func (tab *Tab) CheckAccessible() {
	tab.t.Helper()
	script, err := os.ReadFile(os.Getenv("AXE"))
	if err != nil {
		tab.t.Fatal("AXE must be set to the path of axe.min.js, as `make test-dashboard` does: ", err)
	}
	defer tab.Scheme("light")
	for _, scheme := range []string{"light", "dark"} {
		tab.Scheme(scheme)
		var violations []struct {
			ID, Impact, Help string
			Nodes            []struct{ HTML, FailureSummary string }
		}
		tab.Eval(string(script)+`;axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical'))`, &violations)
		for _, v := range violations {
			var places strings.Builder
			for _, n := range v.Nodes {
				fmt.Fprintf(&places, "\n\t%s\n\t\t%s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n\t\t"))
			}
			tab.t.Errorf("axe, %s: %s: %s (%s)%s", scheme, v.ID, v.Help, v.Impact, places.String())
		}
	}
	tab.CheckWidth()
}

// CheckWidth fails the test if the page scrolls sideways on a phone.
func (tab *Tab) CheckWidth() {
	tab.t.Helper()
	tab.Resize(390, 844)
	defer tab.Resize(1280, 800)
	var width int
	tab.Eval(`document.documentElement.scrollWidth`, &width)
	if width > 390 {
		var widest string
		tab.Eval(`[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll')).reduce((a, b) =>
			b.getBoundingClientRect().right > a.getBoundingClientRect().right ? b : a).outerHTML.slice(0, 200)`, &widest)
		tab.t.Errorf("the page is %d px wide on a phone of 390 px: %s", width, widest)
	}
}

// Scheme sets the color scheme that the user prefers: light or dark.
func (tab *Tab) Scheme(name string) {
	tab.t.Helper()
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
}

// Screenshot writes pictures of the whole page in both widths and schemes, such as
// runs-390-dark.png, to the folder that the environment variable SCREENSHOTS names. It does nothing
// without it.
func (tab *Tab) Screenshot(name string) {
	tab.t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		tab.t.Fatal(err)
	}
	defer tab.Resize(1280, 800)
	defer tab.Scheme("light")
	for _, width := range Widths {
		for _, scheme := range []string{"light", "dark"} {
			tab.Resize(width, 800)
			tab.Scheme(scheme)
			ctx, cancel := context.WithTimeout(tab.ctx, patience)
			picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			cancel()
			if err == nil {
				err = os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), picture, 0o644)
			}
			if err != nil {
				tab.t.Fatal(err)
			}
		}
	}
}

// Capture writes a picture of what a window of the size shows of the page to a file.
func (tab *Tab) Capture(file string, width, height int64) {
	tab.t.Helper()
	defer tab.Resize(1280, 800)
	tab.Resize(width, height)
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, picture, 0o644))
	}
	if err != nil {
		tab.t.Fatal(err)
	}
}

// FirstView returns the time from the start of the navigation until the browser painted content.
func (tab *Tab) FirstView() time.Duration {
	tab.t.Helper()
	var ms float64
	tab.Eval(`new Promise(resolve => new PerformanceObserver(list => resolve(list.getEntries()[0].startTime))
		.observe({type: 'paint', buffered: true}))`, &ms)
	return time.Duration(ms * float64(time.Millisecond))
}
