//go:build browser

package chromium_test

import (
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inndx/runs/internal/chromium"
	"github.com/inndx/runs/internal/crawl/sitetest"
)

var browser = sync.OnceValues(chromium.Start)

func TestMain(m *testing.M) {
	code := m.Run()
	if b, err := browser(); err == nil {
		b.Stop()
	}
	os.Exit(code)
}

// serve opens a page with the body and the script in a new tab. Its policy allows scripts of the
// page's origin.
func serve(t *testing.T, body, script string) *chromium.Tab {
	t.Helper()
	b, err := browser()
	chromium.Skip(t, err)
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Security-Policy", "script-src 'self'")
			w.Write([]byte("<!DOCTYPE html><link rel=icon href=data:,><title>x</title>" + body + `<script src="/script"></script>`))
		case "/script":
			w.Header().Set("Content-Type", "text/javascript")
			w.Write([]byte(script))
		case "/ok":
		default:
			http.NotFound(w, r)
		}
	}))
	tab := b.Tab(t)
	tab.Open(site.URL + "/")
	tab.AwaitIdle()
	return tab
}

// Each problem of a page fails its test, unless the test allows it.
func TestProblems(t *testing.T) {
	for name, tt := range map[string]struct{ body, script, want string }{
		"nothing":          {"", `fetch('/ok')`, ""},
		"an error":         {"", `console.error('broken')`, "broken"},
		"a warning":        {"", `console.warn('odd')`, "odd"},
		"an exception":     {"", `throw new Error('thrown')`, "thrown"},
		"a rejection":      {"", `Promise.reject(new Error('rejected'))`, "rejected"},
		"an inline script": {`<script>1</script>`, ``, "violates its policy script-src"},
		"a missing image":  {`<img alt="" src="/missing">`, ``, "/missing"},
		"another host":     {`<img alt="" src="http://127.0.0.1:1/elsewhere">`, ``, "a request goes to another host: GET http://127.0.0.1:1/elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			tab := serve(t, tt.body, tt.script)
			found := false
			tab.Await("the problem", func() bool {
				found = strings.Contains(strings.Join(tab.Problems(), "\n"), tt.want)
				return found
			})
			if problems := tab.Problems(); tt.want == "" && len(problems) > 0 {
				t.Errorf("problems of a good page: %q", problems)
			}
			tab.Allow("")
		})
	}
}

// Elements are found by what a screen reader says, and used as a person does.
func TestElements(t *testing.T) {
	tab := serve(t, `
		<h1>Title</h1>
		<label>Name <input></label><label>Color <select><option>red<option>blue</select></label>
		<button disabled>Save</button> <div aria-hidden="true"><button>Hidden</button></div>
		<section aria-label="Other"><button>Save</button></section>`, `
		document.querySelector('section button').onclick = () => setTimeout(() => {
			document.querySelector('h1').textContent = document.querySelector('input').value + ' ' + document.querySelector('select').value
		}, 5000)`)
	if names := tab.Names("button"); strings.Join(names, ",") != "Save,Save" {
		t.Errorf("buttons %q", names)
	}
	tab.Role("textbox", "Name").Fill("an <i>entry</i>")
	tab.Role("combobox", "Color").Choose("blue")
	tab.Role("region", "Other").Role("button", "Save").Click()
	tab.Pass(6 * time.Second)
	tab.Role("heading", "an <i>entry</i> blue").Await()
	tab.Role("heading", "Title").AwaitGone()
}

// A page in the background knows that it is.
func TestHide(t *testing.T) {
	tab := serve(t, "<h1>x</h1>", "")
	tab.Hide()
	tab.Pass(time.Hour)
	tab.Show()
	if tab.Hidden() {
		t.Error("the page is hidden after it was shown again")
	}
}
