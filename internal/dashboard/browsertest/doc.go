// Package browsertest tests the dashboard in Chromium against the whole service on this machine.
// `make test-dashboard` runs it.
//
// A test begins with newUser, which returns a user with a tenant of their own. It visits an address of
// the dashboard, and uses its elements by their roles and names, as a screen reader names them:
//
//	u := newUser(t)
//	u.create("docs", u.site(0), nil)
//	u.visit("/runs?statuses=running")
//	u.Role("checkbox", "Select all runs of the page").Click()
//	u.Role("group", "Selected runs").Role("button", "Pause").Click()
//	u.AwaitText("Paused docs")
//
// Methods wait for what they need, and the conditions of a test wait by Await, so no test sleeps.
// Pass lets minutes pass for a page at once. At the end of a test, a tab fails it if the page logged
// an error, violated its policy, or sent a request that failed or went to another host, except for
// problems that the test allowed.
//
// CheckAccessible runs axe. Screenshot writes pictures to the folder SCREENSHOTS:
//
//	make test-dashboard SCREENSHOTS=/tmp/pictures RUN=TestRuns
//
// The page is the one of internal/dashboard/dist: run `make dashboard` after a change of its sources.
package browsertest
