// Package chromium lets tests open pages in Chromium. A tab records what its page does, and fails
// the test if the page logs an error, violates its policy, or sends a request that fails or that
// goes to another host. Pages are read as users of a screen reader know them: by the roles and names
// of their elements.
package chromium

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A Browser is a Chromium process without windows. Tests may use it at the same time.
type Browser struct {
	ctx  context.Context
	stop func()
}

// Start starts Debian's Chromium, or another one in the PATH. It lives until Stop.
func Start() (*Browser, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	// The first flags avoid requests to the internet. The last ones leave tabs in the background as
	// fast as they are for users, but do not stop their timers for lack of a screen.
	flags := strings.Fields(`headless disable-gpu disable-quic no-first-run disable-background-networking
		disable-component-update disable-sync disable-default-apps disable-extensions disable-dev-shm-usage
		force-color-profile=srgb hide-scrollbars disable-backgrounding-occluded-windows disable-renderer-backgrounding`)
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path)}
	for _, flag := range flags {
		name, value, _ := strings.Cut(flag, "=")
		if value == "" {
			options = append(options, chromedp.Flag(name, true))
		} else {
			options = append(options, chromedp.Flag(name, value))
		}
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil { // starts the process
		release()
		return nil, err
	}
	return &Browser{ctx, func() { cancel(); release() }}, nil
}

// Stop ends the process.
func (b *Browser) Stop() { b.stop() }

// Skip skips a test if err says that there is no Chromium on this machine, except in CI, and fails
// it for any other error.
func Skip(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "":
		t.Skip("install chromium: ", err)
	default:
		t.Fatal(err)
	}
}
