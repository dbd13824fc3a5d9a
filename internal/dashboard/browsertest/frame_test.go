//go:build browser

package browsertest

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The focus and the title follow the user from page to page.
func TestNavigation(t *testing.T) {
	u := newUser(t)
	u.visit("/runs")
	u.Role("link", "Jobs").Click()
	u.Await("the focus on the heading", func() bool { return strings.HasPrefix(u.Focused(), "h1") || strings.HasPrefix(u.Focused(), "main") })
	u.Await("the title", func() bool {
		var title string
		u.Eval(`document.title`, &title)
		return strings.Contains(title, "Jobs") && strings.Contains(title, u.tenant)
	})
	u.visit("/nowhere")
	u.AwaitText("There is no page at this address")
	u.Role("link", "Show the runs").Click()
	u.Role("heading", "Runs").Await()

	u.Reload()
	u.Role("heading", "Runs").Await()
	u.Press("Tab")
	u.Press("Enter") // the first link skips the navigation
	u.Await("the focus on the content", func() bool { return strings.HasPrefix(u.Focused(), "main") })
	if !strings.Contains(u.URL(), "#/runs") {
		t.Errorf("the address is %s", u.URL())
	}
}

// The browser remembers the tenants and the theme.
func TestRemembered(t *testing.T) {
	u := newUser(t)
	u.finished("docs", "", nil)
	u.visit("/runs")
	u.AwaitText("docs")
	u.Role("combobox", "Theme").Choose("Dark")
	u.Role("button", "Tenant "+u.tenant).Click()
	u.Role("textbox", "Another tenant").Type("another")
	u.Press("Enter")
	u.AwaitText("There are no runs yet")
	u.AwaitNoText("docs")
	u.Reload()
	u.Role("button", "Tenant another").Click()
	u.CheckAccessible()
	u.Screenshot("tenants")
	u.Role("link", u.tenant).Click()
	u.AwaitText("docs")
	var background string
	u.Eval(`getComputedStyle(document.documentElement).backgroundColor`, &background)
	if background != "rgb(20, 23, 28)" {
		t.Errorf("the page is %s", background)
	}
}

// A page without a connection keeps what it shows and goes on by itself. A busy service is asked
// again when it says so.
func TestConnection(t *testing.T) {
	u := newUser(t)
	u.Allow("ERR_EMPTY_RESPONSE", "503")
	const up, down, full = 0, 1, 2
	var state, refused atomic.Int32
	u.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		switch state.Load() {
		case down:
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
		case full:
			refused.Add(1)
			w.Header().Set("Retry-After", "50")
			http.Error(w, `{"code": 503, "message": "busy"}`, http.StatusServiceUnavailable)
		default:
			return false
		}
		return true
	})
	u.finished("docs", "", nil)
	u.visit("/runs")
	u.AwaitText("docs")
	const lost, busy = "The service does not respond", "The service is busy"
	state.Store(down)
	u.Pass(11 * time.Second)
	u.AwaitText(lost, "docs")
	u.Screenshot("connection-lost")
	state.Store(full)
	u.Pass(31 * time.Second)
	u.AwaitText(busy, "docs")
	before := refused.Load()
	u.Pass(40 * time.Second)
	if more := refused.Load() - before; more > 1 {
		t.Errorf("the page requests %d times before the service permits it", more)
	}
	state.Store(up)
	u.Pass(time.Minute)
	u.AwaitNoText(lost, busy)
	u.AwaitText("docs")
}
