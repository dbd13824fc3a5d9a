package dynamolocal

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// ownCache gives the test a cache of its own, that holds the distribution and nothing that was
// made of it.
func ownCache(t *testing.T) (cache string) {
	t.Helper()
	t.Setenv(EndpointVariable, "")
	if _, err := exec.LookPath("java"); err != nil {
		t.Skip("there is no Java")
	}
	start(t, Options{}).Stop() // fetches what is missing
	real, err := distributionDir()
	if err != nil {
		t.Fatal(err)
	}
	if real, err = filepath.Abs(real); err != nil {
		t.Fatal(err)
	}
	inFolderWithModule(t)
	cache, err = filepath.Abs(".cache")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(cache, filepath.Base(real)), os.DirFS(real)); err != nil {
		t.Fatal(err)
	}
	return cache
}

func archives(t *testing.T, cache string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(cache, "*-launcher", "*.jsa"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// usesArchive reports whether Java took classes from the archive.
func usesArchive(t *testing.T, s *Server, archive string) bool {
	t.Helper()
	maps, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(s.pid), "maps"))
	if err != nil {
		t.Skip("this system does not show what a process has mapped")
	}
	return strings.Contains(string(maps), archive)
}

// Processes that start side by side make the archive once, and all starts after that use it.
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
		t.Fatalf("the archives are %v", made)
	}
	s := start(t, Options{})
	if !usesArchive(t, s, made[0]) {
		t.Error("Java does not use the archive")
	}

	// What is not an archive of this Java is passed over.
	s.Stop()
	if err := os.Chmod(made[0], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(made[0], []byte("an archive of another Java"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = start(t, Options{})
	if usesArchive(t, s, made[0]) {
		t.Error("Java uses a file that is no archive")
	}
	s.Stop()

	// Another Java has an archive of its own.
	java, err := exec.LookPath("java")
	if err != nil {
		t.Fatal(err)
	}
	tool(t, "java", "exec "+java+" \"$@\"")
	start(t, Options{})
	if made := archives(t, cache); len(made) != 2 {
		t.Errorf("the archives are %v, want one more", made)
	}
}

// A cache that cannot be written serves as it is. Root can write everything: a file in place of
// the folder stands for that.
func TestCacheThatCannotBeWritten(t *testing.T) {
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
		t.Errorf("there are archives: %v", made)
	}
}

// A start that is interrupted while it prepares the archive is no fault of Java's.
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
		t.Errorf("the start returned %v", err)
	}
	if !strings.Contains(log.String(), "preparing") || strings.Contains(log.String(), "WARN") {
		t.Errorf("logged:\n%s", &log)
	}
	if made := archives(t, cache); len(made) != 0 {
		t.Errorf("there are archives: %v", made)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A file of the cache that changed since it was verified is verified again.
func TestCacheThatIsDamagedLater(t *testing.T) {
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

// What is run from a temporary folder must come from this user.
func TestPrivateTemp(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir, err := privateTemp()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := privateTemp(); again != dir || err != nil {
		t.Errorf("the second time: %s, %v, want %s", again, err, dir)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := privateTemp(); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a folder that all can write to: %v, want an error that names it", err)
	}
	if err := errors.Join(os.Remove(dir), os.Symlink(t.TempDir(), dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := privateTemp(); err == nil {
		t.Error("a link to another folder is taken")
	}
}
