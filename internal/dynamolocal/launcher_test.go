package dynamolocal

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Processes that start at the same time make one archive, and all later starts use it.
func TestArchiveIsMadeOnce(t *testing.T) {
	cache := ownCache(t)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			s, err := Start(t.Context(), Options{})
			if err != nil {
				t.Error(err)
				return
			}
			s.Stop()
		})
	}
	group.Wait()
	made := archives(t, cache)
	if len(made) != 1 {
		t.Fatalf("archives %v, want one", made)
	}
	s := start(t, Options{})
	if !usesArchive(t, s, made[0]) {
		t.Error("Java does not use the archive")
	}

	// Java ignores a file that is not its own archive.
	s.Stop()
	if err := os.Chmod(made[0], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(made[0], []byte("an archive of another Java"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = start(t, Options{})
	if usesArchive(t, s, made[0]) {
		t.Error("Java uses a file that is not an archive")
	}
	s.Stop()

	// Another Java gets its own archive.
	java, err := exec.LookPath("java")
	if err != nil {
		t.Fatal(err)
	}
	tool(t, "java", "exec "+java+" \"$@\"")
	start(t, Options{})
	if made := archives(t, cache); len(made) != 2 {
		t.Errorf("archives %v, want two", made)
	}
}

// DynamoDB Local starts from a read-only cache. Root can write to any folder, so the test puts a
// file where prepare needs a folder.
func TestReadOnlyCache(t *testing.T) {
	cache := ownCache(t)
	real, err := distributionDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"-launcher", ".verified", ".lock"} {
		if err := os.RemoveAll(real + name); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(real+"-launcher", nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(real+".lock", 0o500); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if made := archives(t, cache); len(made) != 0 {
		t.Errorf("archives %v, want none", made)
	}
}

// An interruption of makeArchive is not logged as a failure of Java.
func TestInterruptedPreparation(t *testing.T) {
	cache := ownCache(t)
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	_, err := Start(ctx, Options{Logger: slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
		if strings.Contains(string(p), "preparing") {
			cancel()
		}
		return log.Write(p)
	}), nil))})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Start returned %v, want %v", err, context.Canceled)
	}
	if !strings.Contains(log.String(), "preparing") || strings.Contains(log.String(), "WARN") {
		t.Errorf("logged:\n%s", &log)
	}
	if made := archives(t, cache); len(made) != 0 {
		t.Errorf("archives %v, want none", made)
	}
}

// A file that has changed since its verification is verified again.
func TestCacheDamagedLater(t *testing.T) {
	ownCache(t)
	start(t, Options{}).Stop()
	dir, err := distributionDir()
	if err != nil {
		t.Fatal(err)
	}
	jar := filepath.Join(dir, "DynamoDBLocal_lib", "slf4j-api.jar")
	data, err := os.ReadFile(jar)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(jar, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %v, want an error that says that the cache is damaged", err)
	}
}

// Only this user may be able to write files that Java runs from a temporary folder.
func TestPrivateTemp(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir, err := privateTemp()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := privateTemp(); again != dir || err != nil {
		t.Errorf("the second call returned %s, %v, want %s", again, err, dir)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := privateTemp(); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("for a folder that all users can write to: got %v, want an error that names it", err)
	}
	if err := errors.Join(os.Remove(dir), os.Symlink(t.TempDir(), dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := privateTemp(); err == nil {
		t.Error("privateTemp accepts a link to another folder")
	}
}
