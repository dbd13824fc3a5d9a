//go:build !linux

package main_test

import "testing"

func smallDisk(t *testing.T, _ string) string {
	t.Helper()
	t.Skip("the test makes a small file system, on Linux only")
	return ""
}
