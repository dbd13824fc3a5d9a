package dynamolocal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// image runs where there is Docker and no Java.
const image = "amazon/dynamodb-local:1.25.1"

// findProgram chooses how to run DynamoDB Local: by Java, by Docker, or by a Java that it
// installs first where it may.
func findProgram(ctx context.Context, o Options) (program, error) {
	log := o.Logger
	missing := missingForJava()
	switch {
	case len(missing) == 0:
	case dockerAnswers(ctx):
		log.Info("running DynamoDB Local in Docker", "image", image)
		return program{command: dockerCommand(o.DataDir)}, nil
	case canInstall():
		if err := install(ctx, missing, log); err != nil {
			return program{}, err
		}
	default:
		return program{}, fmt.Errorf("DynamoDB Local needs %s: install it (Debian: apt-get install %s), or start Docker, or set %s to a DynamoDB that is running",
			describe(missing), strings.Join(missing, " "), EndpointVariable)
	}
	l, err := prepare(ctx, log)
	if err != nil {
		return program{}, err
	}
	return l.program(o)
}

// missingForJava returns the Debian packages of what Java's way lacks: the runtime, and npm
// as long as the distribution has not been fetched.
func missingForJava() []string {
	var missing []string
	if _, err := exec.LookPath("java"); err != nil {
		missing = append(missing, "default-jre-headless")
	}
	if _, err := exec.LookPath("npm"); err != nil && !fetched() {
		missing = append(missing, "npm")
	}
	return missing
}

func describe(packages []string) string {
	names := map[string]string{"default-jre-headless": "Java 17 or newer", "npm": "npm"}
	var said []string
	for _, p := range packages {
		said = append(said, names[p])
	}
	return strings.Join(said, " and ")
}

func dockerAnswers(ctx context.Context) bool {
	return exec.CommandContext(ctx, "docker", "info").Run() == nil
}

func dockerCommand(dataDir string) func(port int) *exec.Cmd {
	return func(port int) *exec.Cmd {
		args := []string{"run", "--rm", "--init", "-p", fmt.Sprintf("127.0.0.1:%d:8000", port)}
		store := []string{"-inMemory"}
		if abs, err := filepath.Abs(dataDir); err == nil && dataDir != "" {
			args = append(args, "-u", fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()), "-v", abs+":/data")
			store = []string{"-dbPath", "/data"}
		}
		args = append(args, image, "-jar", "DynamoDBLocal.jar", "-sharedDb", "-disableTelemetry")
		return exec.Command("docker", append(args, store...)...)
	}
}

// canInstall reports whether this is root on Debian or a relative of it.
func canInstall() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Geteuid() == 0
}

func install(ctx context.Context, packages []string, log *slog.Logger) error {
	log.Info("installing what DynamoDB Local needs", "packages", packages)
	steps := [][]string{
		{"apt-get", "update", "-qq"},
		append([]string{"apt-get", "install", "-y", "-qq", "--no-install-recommends"}, packages...),
	}
	for _, step := range steps {
		cmd := exec.CommandContext(ctx, step[0], step[1:]...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("installing %s failed: install it by hand and start again: %s: %w",
				describe(packages), lastLine(output), err)
		}
	}
	if still := missingForJava(); len(still) > 0 {
		return errors.New("installed " + strings.Join(packages, " ") + ", and " + describe(still) + " still cannot be found: see that it is on the PATH")
	}
	return nil
}
