//go:build !linux

package dynamolocal

import "testing"

func fileSystem(t *testing.T, _ int) string {
	t.Helper()
	t.Skip("the test makes a small file system, on Linux only")
	return ""
}

func growFileSystem(*testing.T, string, int) {}
