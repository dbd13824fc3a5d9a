package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A service that does not run is not called again, and the error says how to start one.
func TestExportWithoutService(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const url = "http://127.0.0.1:1"
	p := command(t, []string{"INNDX_URL=" + url}, "export", "0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071", "--format", "csv", "-o", filepath.Join(dir, "log.csv")).start()
	p.wait(1)
	if !strings.Contains(p.errs.String(), "no service listens at "+url+": start it with make run, or set INNDX_URL") {
		t.Error("the error does not say what to do")
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("the folder has %v, %v", left, err)
	}
}
