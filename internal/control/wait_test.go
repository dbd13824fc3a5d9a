package control

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// A user whose command ends because the service ended learns how to go on.
func TestWaitWithoutService(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) > 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, `{"status": "running"}`)
	})
	err := waitForEnd(t.Context(), c, "9c2b")
	if err == nil || !strings.Contains(err.Error(), "the run may go on; inndx runs wait 9c2b continues") {
		t.Errorf("the error is %v", err)
	}
}
