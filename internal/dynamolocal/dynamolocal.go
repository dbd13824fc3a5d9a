// Package dynamolocal runs AWS's DynamoDB Local on this machine, for the local stack and for tests.
// It downloads a pinned version once and verifies it before each start. On Linux, DynamoDB Local
// also ends when this process is killed.
package dynamolocal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// EndpointVariable is the environment variable of the AWS SDK for the endpoint of DynamoDB. When it
// is set, Start uses that DynamoDB and starts none.
const EndpointVariable = "AWS_ENDPOINT_URL_DYNAMODB"

// startTimeout bounds the start of DynamoDB Local, which takes two or three seconds on a small
// machine.
const startTimeout = 60 * time.Second

// Options configure a Server.
type Options struct {
	// DataDir is the folder of the database's files. Start creates it if needed, and closes it to
	// other users. Empty keeps all data in memory.
	DataDir string
	// ShortLived suits a use of seconds or minutes: Java spends less time on compilation.
	ShortLived bool
	// Logger logs slow steps, such as downloads and installations. Nil logs nothing.
	Logger *slog.Logger
}

// A Server is a running DynamoDB.
type Server struct {
	// Endpoint is the base URL.
	Endpoint string

	pid    int // of the started process
	stop   func()
	exited <-chan struct{}
	output *output
	lock   *os.File
}

// Start returns a DynamoDB that accepts requests: the one that EndpointVariable names, or else
// DynamoDB Local in Java, or else in Docker. On Debian, as root, Start installs a missing Java. The
// caller must call Stop. ctx bounds the start only. An error is one line that says how to fix the
// problem.
func Start(ctx context.Context, o Options) (*Server, error) {
	if endpoint := os.Getenv(EndpointVariable); endpoint != "" {
		if err := probe(ctx, endpoint); err != nil {
			return nil, fmt.Errorf("no DynamoDB responds at %s=%s: start one there, or unset the variable: %w",
				EndpointVariable, endpoint, err)
		}
		return &Server{Endpoint: endpoint}, nil
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	lock, err := openDataDir(o.DataDir, o.Logger)
	if err != nil {
		return nil, err
	}
	program, err := findProgram(ctx, o)
	if err == nil {
		var s *Server
		if s, err = launch(ctx, program, o.DataDir); err == nil {
			s.lock = lock
			return s, nil
		}
	}
	lock.Close()
	return nil, err
}

// Exited returns a channel that is closed when DynamoDB has ended for any reason. The channel is
// nil for a DynamoDB that Start did not start.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Err returns a *DataError after DynamoDB failed to read or write its file, for example because the
// disk was full. DynamoDB has ended by then. Err returns nil for a DynamoDB that Start did not
// start.
func (s *Server) Err() error {
	if s.output == nil {
		return nil
	}
	return s.output.failure()
}

// Stop ends DynamoDB, waits for its end, and unlocks the data folder. It has no effect on a
// DynamoDB that Start did not start.
func (s *Server) Stop() {
	if s.stop != nil {
		s.stop()
		<-s.exited
	}
	s.lock.Close()
}

// An InUseError reports that another process has the data folder open.
type InUseError struct{ Dir string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("the data folder %s is in use by another instance: stop that instance, or set DATA_DIR to another folder", e.Dir)
}

// A program is a way to run DynamoDB Local.
type program struct {
	// command returns the command that listens on the port. The port is 0 if findsPort is set.
	command func(port int) *exec.Cmd
	// findsPort says that the command takes a free port by itself, and prints it on a line.
	findsPort bool
}

// launch starts the program and waits until it accepts requests. Another process may take the free
// port before the program listens on it, so launch makes up to three attempts.
func launch(ctx context.Context, p program, dataDir string) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var err error
	for range 3 {
		var port int
		if !p.findsPort {
			if port, err = freePort(); err != nil {
				return nil, err
			}
		}
		var s *Server
		if s, err = launchOn(ctx, p.command(port), port, dataDir); err == nil || ctx.Err() != nil || p.findsPort {
			return s, err
		}
	}
	return nil, err
}

// launchOn starts a command and waits until it accepts requests on the port. For port 0 it waits
// until the command prints its port.
func launchOn(ctx context.Context, cmd *exec.Cmd, port int, dataDir string) (*Server, error) {
	out, err := newOutput(dataDir)
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = out.w, out.w
	exited, err := startBound(cmd)
	out.w.Close()
	if err != nil {
		out.r.Close()
		return nil, fmt.Errorf("cannot start DynamoDB Local: %w", err)
	}
	s := &Server{
		Endpoint: endpoint(port),
		pid:      cmd.Process.Pid,
		exited:   exited,
		output:   out,
		// A kill loses nothing: SQLite recovers from its journal.
		stop: func() { cmd.Process.Kill() },
	}
	// A database that lost a write must not respond again.
	out.fail = s.stop
	go out.read()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-exited:
			if err := out.failure(); err != nil {
				return nil, err
			}
			return nil, fmt.Errorf("DynamoDB Local ended at once: check that java -version says 17 or newer, or set %s to a DynamoDB that is running: %s",
				EndpointVariable, out.beginning())
		case <-ctx.Done():
			s.Stop()
			return nil, fmt.Errorf("DynamoDB Local did not respond within %s: %w", startTimeout, ctx.Err())
		case port := <-out.port:
			s.Endpoint = endpoint(port)
			return s, nil
		case <-tick.C:
			if port != 0 && probe(ctx, s.Endpoint) == nil {
				return s, nil
			}
		}
	}
}

func endpoint(port int) string { return "http://127.0.0.1:" + strconv.Itoa(port) }

// probe returns an error if no HTTP server responds at the endpoint within two seconds.
func probe(ctx context.Context, endpoint string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return err
}

// freePort returns a port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// lastLine returns the last line of an output.
func lastLine(output []byte) []byte {
	lines := bytes.Split(bytes.TrimSpace(output), []byte("\n"))
	return lines[len(lines)-1]
}

// beginning returns the first four lines of an output as one line. npm and Java print the cause
// first and details after it.
func beginning(output []byte) string {
	var first []string
	for line := range strings.Lines(string(output)) {
		if line = strings.TrimSpace(line); line != "" && len(first) < 4 {
			first = append(first, line)
		}
	}
	return strings.Join(first, "; ")
}
