package dynamolocal

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// launcherFiles are the files that the launcher's jar holds in addition to DynamoDB Local's
// classes.
//
//go:embed server.xml log4j2.xml
var launcherFiles embed.FS

// A launcher starts DynamoDB Local in Java.
//
// It runs Jetty's XmlConfiguration on server.xml instead of DynamoDB Local's main class. server.xml
// gives the reason. Java starts twice as fast with an archive of the classes that every start loads
// (class data sharing). Such an archive can contain classes from jars only, but the manifest of
// DynamoDBLocal.jar names a folder, so the launcher uses a copy of the jar without the manifest.
type launcher struct {
	lib     string // the folder of the libraries
	jar     string // the copy of DynamoDBLocal.jar, with launcherFiles
	archive string // the class data sharing archive; "" for no archive
}

// prepare prepares the distribution for a start and returns a launcher. The cache keeps the
// jar and the archive, under names that are digests of their inputs.
func prepare(ctx context.Context, log *slog.Logger) (*launcher, error) {
	dir, err := distributionDir()
	if err != nil {
		return nil, err
	}
	lock, err := lockCache(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	stamp, err := distribution(ctx, dir, log)
	if err != nil {
		return nil, err
	}
	l := &launcher{lib: filepath.Join(dir, "DynamoDBLocal_lib")}
	made := dir + "-launcher"
	if l.jar, err = makeJar(dir, made, stamp); err != nil {
		// The cache is read-only. Use a copy of the jar in a temporary folder, and no archive.
		log.Debug("the cache cannot be written", "error", err)
		if made, err = privateTemp(); err == nil {
			l.jar, err = makeJar(dir, made, stamp)
		}
		return l, err
	}
	l.archive = filepath.Join(made, digest(filepath.Base(l.jar), javaStamp())+".jsa")
	if info, err := os.Stat(l.archive); err == nil {
		if info.Size() == 0 { // an earlier attempt to make it failed
			l.archive = ""
		}
		return l, nil
	}
	log.Info("preparing DynamoDB Local for fast starts, once")
	if err := l.makeArchive(ctx); err != nil {
		if ctx.Err() != nil { // interrupted: the next start makes the archive
			return nil, ctx.Err()
		}
		log.Warn("DynamoDB Local will start slowly: Java could not make an archive of its classes", "error", err)
		_ = os.WriteFile(l.archive, nil, 0o644)
		l.archive = ""
	}
	return l, nil
}

// privateTemp returns a folder for temporary files that only this user can write to. It creates the
// folder if needed. It refuses a folder of another user, who may have created one of that name
// first, because Java will run the files in it.
func privateTemp() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("inndx-%d", os.Geteuid()))
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(owner.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("other users can write to %s: remove it, or set TMPDIR to another folder", dir)
	}
	return dir, nil
}

// digest returns a short hexadecimal digest of the parts.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:8])
}

// javaStamp identifies the Java installation that a start uses. An archive works with one
// installation only. Java also checks that, and starts without an archive of another.
func javaStamp() string {
	java, err := exec.LookPath("java")
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(java); err == nil {
		java = real
	}
	stamp := os.Getenv("JAVA_HOME")
	home := filepath.Dir(filepath.Dir(java))
	for _, path := range []string{java, filepath.Join(home, "lib", "modules"), filepath.Join(home, "lib", "server", "classes.jsa")} {
		if info, err := os.Stat(path); err == nil {
			stamp += fmt.Sprintf("\n%s %d %d", path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return stamp
}

// makeJar returns the path of the launcher's jar in the folder made. If the jar is missing, makeJar
// creates it and removes the files of earlier versions.
func makeJar(dir, made, stamp string) (string, error) {
	parts := []string{stamp}
	names, err := launcherFiles.ReadDir(".")
	if err != nil {
		return "", err
	}
	for _, entry := range names {
		content, err := launcherFiles.ReadFile(entry.Name())
		if err != nil {
			return "", err
		}
		parts = append(parts, entry.Name(), string(content))
	}
	path := filepath.Join(made, digest(parts...)+".jar")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(made, 0o755); err != nil {
		return "", err
	}
	old, _ := filepath.Glob(filepath.Join(made, "*"))
	var jar bytes.Buffer
	if err := writeJar(&jar, filepath.Join(dir, "DynamoDBLocal.jar")); err != nil {
		return "", fmt.Errorf("copying DynamoDB Local's jar failed: %w", err)
	}
	if err := writeAtomically(path, &jar); err != nil {
		return "", err
	}
	for _, path := range old {
		os.Remove(path)
	}
	return path, nil
}

// writeJar writes a jar of launcherFiles and the files of the jar at the path classes.
func writeJar(w io.Writer, classes string) error {
	from, err := zip.OpenReader(classes)
	if err != nil {
		return err
	}
	defer from.Close()
	jar := zip.NewWriter(w)
	if err := jar.AddFS(launcherFiles); err != nil {
		return err
	}
	for _, f := range from.File {
		replaced := f.Name == "META-INF/MANIFEST.MF" || f.Name == "log4j2.xml"
		if replaced || strings.HasSuffix(f.Name, "/") {
			continue
		}
		if err := jar.Copy(f); err != nil {
			return err
		}
	}
	return jar.Close()
}

// program returns the program that runs DynamoDB Local with the options.
func (l *launcher) program(o Options) (program, error) {
	options := []string{"-Dinndx.inMemory=true"}
	if o.DataDir != "" {
		abs, err := filepath.Abs(o.DataDir)
		if err != nil {
			return program{}, err
		}
		options = []string{"-Dinndx.inMemory=false", "-Dinndx.dbPath=" + abs}
	}
	if l.archive != "" {
		options = append(options, "-XX:SharedArchiveFile="+l.archive)
	}
	if o.ShortLived {
		// Use only the first of Java's two compilers. The second one does not pay off in a crawl of
		// up to 20,000 pages.
		options = append(options, "-XX:TieredStopAtLevel=1")
	}
	libraries, err := filepath.Glob(filepath.Join(l.lib, "*.jar"))
	if err != nil {
		return program{}, err
	}
	return program{findsPort: true, command: func(int) *exec.Cmd { return l.command(libraries, options) }}, nil
}

// command returns the command that runs DynamoDB Local with additional options for Java.
func (l *launcher) command(libraries, options []string) *exec.Cmd {
	args := slices.Concat([]string{
		// Prefer a fast start and little memory to peak speed.
		"-XX:+UseSerialGC", "-Xms64m", "-Xmx2g",
		"-XX:+ExitOnOutOfMemoryError",
		"-Djava.library.path=" + l.lib,
		"-Dorg.eclipse.jetty.util.log.announce=false", "-Dorg.eclipse.jetty.LEVEL=WARN",
	}, options, []string{"org.eclipse.jetty.xml.XmlConfiguration", "jar:file://" + l.jar + "!/server.xml"})
	cmd := exec.Command("java", args...)
	cmd.Dir = filepath.Dir(l.jar)
	cmd.Env = append(os.Environ(),
		"CLASSPATH="+strings.Join(append([]string{l.jar}, libraries...), string(os.PathListSeparator)),
		"DDB_LOCAL_TELEMETRY=0")
	return cmd
}

// archiveTimeout bounds makeArchive, which takes four seconds on a small machine.
const archiveTimeout = time.Minute

// makeArchive runs DynamoDB Local for a short while, and archives the classes that Java loads
// meanwhile.
func (l *launcher) makeArchive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, archiveTimeout)
	defer cancel()
	// Remove the folders of processes that were killed in makeArchive.
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(l.archive), "archive-*"))
	for _, dir := range left {
		os.RemoveAll(dir)
	}
	work, err := os.MkdirTemp(filepath.Dir(l.archive), "archive-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	libraries, err := filepath.Glob(filepath.Join(l.lib, "*.jar"))
	if err != nil {
		return err
	}
	made := filepath.Join(work, "classes.jsa")
	// The database is a file, because that loads all classes that a database in memory needs, and
	// more.
	cmd := l.command(libraries, []string{"-XX:ArchiveClassesAtExit=" + made, "-Dinndx.inMemory=false", "-Dinndx.dbPath=" + work})
	s, err := launchOn(ctx, cmd, 0, work)
	if err != nil {
		return err
	}
	defer s.Stop()
	if err := s.rehearse(ctx); err != nil {
		return err
	}
	// Java writes the archive when it receives SIGTERM.
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-s.exited:
	case <-ctx.Done():
		return ctx.Err()
	}
	if info, err := os.Stat(made); err != nil || info.Size() == 0 {
		return errors.New(s.output.beginning())
	}
	return os.Rename(made, l.archive)
}
