package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A second Ctrl-C ends the command at once, and leaves no unfinished file.
func TestInterruptedTwice(t *testing.T) {
	t.Parallel()
	sending, deleting, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodDelete: // the command waits for the response
			close(deleting)
			<-end
		case strings.HasSuffix(r.URL.Path, "/file"):
			w.Header().Set("Content-Length", "10")
			fmt.Fprint(w, "half ")
			_ = http.NewResponseController(w).Flush()
			close(sending)
			<-end
		default:
			fmt.Fprint(w, `{"state": "finished", "size": 10}`)
		}
	}))
	t.Cleanup(service.Close)
	t.Cleanup(func() { close(end) })
	dir := t.TempDir()
	p := command(t, []string{"INNDX_URL=" + service.URL}, "export", "0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071", "--format", "csv", "-o", filepath.Join(dir, "log.csv")).start()
	<-sending
	if got, err := os.ReadDir(dir); len(got) != 1 || !strings.HasPrefix(got[0].Name(), ".log.csv.") {
		t.Fatalf("the folder has %v during the download, %v", got, err)
	}
	p.signal(os.Interrupt)
	<-deleting
	p.signal(os.Interrupt)
	p.wait(130)
	if got, err := os.ReadDir(dir); len(got) > 0 || err != nil {
		t.Errorf("the folder has %v, %v", got, err)
	}
}
