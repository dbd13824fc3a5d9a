//go:build browser

package browsertest

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// Runs are paused, resumed, stopped and deleted, one and several. Stop and delete ask first.
func TestRunActions(t *testing.T) {
	u := newUser(t)
	var ids []string
	for range 2 {
		j := u.create("docs", u.site(0), nil)
		u.await(j.Run.ID, "running")
		ids = append(ids, j.Run.ID)
	}
	first, second := ids[0], ids[1]
	u.visit("/runs")
	u.awaitRows(second, first)

	u.Role("button", "Pause "+name("docs", first)).Click()
	u.await(first, "paused")
	u.Role("button", "Resume "+name("docs", first)).Await()
	u.Role("button", "Undo").Click()
	u.await(first, "running")
	u.Role("button", "Pause "+name("docs", first)).Await()

	u.Role("checkbox", "Select all runs of the page").Click()
	u.Role("group", "Selected runs").Role("button", "Pause").Click()
	u.await(first, "paused")
	u.await(second, "paused")
	u.AwaitText("Paused 2 runs")
	u.Screenshot("runs-selected")
	u.Role("button", "Select none").Click()

	u.Role("button", "Stop "+name("docs", first)).Click()
	u.Role("dialog", "").Await()
	u.CheckAccessible()
	u.Press("Enter") // the focus is on Cancel
	u.Role("dialog", "").AwaitGone()
	u.await(first, "paused")
	u.Role("button", "Stop "+name("docs", first)).Click()
	u.Role("button", "Stop the run").Click()
	u.await(first, "finished")
	u.AwaitText("manual")

	u.Role("button", "Delete "+name("docs", second)).Click()
	u.AwaitText("is lost", "cannot be undone")
	u.Screenshot("runs-delete")
	u.Role("button", "Delete the run").Click() // does nothing yet
	u.Role("checkbox", "I know that this cannot be undone.").Click()
	if got := u.listed(""); len(got) != 2 {
		t.Errorf("%v remain before the deletion was confirmed", got)
	}
	u.Role("button", "Delete the run").Click()
	u.awaitRows(first)
	if got := u.listed(""); !slices.Equal(got, []string{first}) {
		t.Errorf("%v remain", got)
	}
}

// An action that the service refuses says why, and the page shows what is.
func TestRunActionRefused(t *testing.T) {
	u := newUser(t)
	u.Allow("409", "503")
	var unknown atomic.Bool
	u.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "GET" && r.URL.Path == "/v1/runs" && unknown.Load() {
			http.Error(w, `{"message": "busy"}`, http.StatusServiceUnavailable)
			return true
		}
		return false
	})
	j := u.create("docs", u.site(0), nil)
	u.await(j.Run.ID, "running")
	u.visit("/runs")
	pause := u.Role("button", "Pause "+name("docs", j.Run.ID)).Await()
	// Another user stops the run before the page knows it.
	unknown.Store(true)
	u.call("PUT", "/v1/runs/"+j.Run.ID+"/stop", nil, nil)
	pause.Click()
	u.AwaitText("Cannot pause docs")
	unknown.Store(false)
	u.AwaitText("manual")
	u.Role("button", "Close the message").Click()
	u.AwaitNoText("Cannot pause docs")
}

// The keyboard does everything, and no key acts while the user types or a dialog is open.
func TestRunKeys(t *testing.T) {
	u := newUser(t)
	var ids []string
	for range 2 {
		j := u.create("docs", u.site(0), nil)
		u.await(j.Run.ID, "running")
		ids = append(ids, j.Run.ID)
	}
	first, second := ids[0], ids[1]
	u.visit("/runs")
	u.awaitRows(second, first)
	focused := func(id string) {
		t.Helper()
		u.Await("the focus on "+id, func() bool {
			var on string
			u.Eval(`document.activeElement.dataset.run ?? ''`, &on)
			return on == id
		})
	}
	u.Press("j")
	focused(second)
	u.Press("ArrowDown")
	focused(first)
	u.Press("k")
	focused(second)
	u.Press("p")
	u.Role("button", "Resume "+name("docs", second)).Await()
	u.await(second, "paused")
	u.Press("r")
	u.Role("button", "Pause "+name("docs", second)).Await()
	u.await(second, "running")
	u.Press("s")
	u.Role("dialog", "").Await()
	u.Press("p") // not while a dialog is open
	u.Press("Escape")
	focused(second)
	u.await(second, "running")
	u.Press("Delete")
	u.Role("checkbox", "I know that this cannot be undone.").Click()
	u.Role("button", "Delete the run").Click()
	u.awaitRows(first)
	focused(first)

	u.Press("/")
	u.insert("psx?")
	u.await(first, "running")
	if u.Role("dialog", "").Exists() {
		t.Error("a key acts while the user types")
	}
	u.Role("button", "Keys").Focus()
	u.Press("?")
	u.Role("dialog", "Keys").Await()
	u.CheckAccessible()
	u.Screenshot("runs-keys")
	u.Press("Escape")
	u.Press("k")
	u.Press("Enter")
	u.Await("the page of the run", func() bool { return strings.Contains(u.URL(), "#/runs/"+first) })
	u.Back()
	u.awaitRows(first)
	u.call("PUT", "/v1/runs/"+first+"/stop", nil, nil)
}
