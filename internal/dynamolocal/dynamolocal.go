// Package dynamolocal runs AWS's own DynamoDB Local on this machine, for the local stack and
// for tests. It fetches the pinned distribution once, verifies it before each start, and
// ends it when its owner ends, however that happens.
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

// EndpointVariable is the AWS SDK's environment variable for another DynamoDB endpoint. When
// it is set, that DynamoDB is used and none is started.
const EndpointVariable = "AWS_ENDPOINT_URL_DYNAMODB"

// startTimeout bounds how long DynamoDB Local may take until it answers. It starts in two
// or three seconds on a small machine.
const startTimeout = 60 * time.Second

// Options say how DynamoDB is to be run.
type Options struct {
	// DataDir is the folder of the database's files. It is created when missing, and closed to
	// other users. Empty keeps the data in memory only.
	DataDir string
	// ShortLived is for a use of seconds or minutes: Java compiles quickly and not thoroughly.
	ShortLived bool
	// Logger hears about downloads and installations, which take a while. Nil is silent.
	Logger *slog.Logger
}

// A Server is a running DynamoDB.
type Server struct {
	// Endpoint is its base URL.
	Endpoint string

	pid    int // of what was started
	stop   func()
	exited <-chan struct{}
	output *output
	lock   *os.File
}

// Start returns a DynamoDB that answers: the one that EndpointVariable names when it is
// set; else DynamoDB Local by Java; else by Docker. The caller must Stop it. ctx bounds the
// start only. Errors are one line and say what to do.
func Start(ctx context.Context, o Options) (*Server, error) {
	if endpoint := os.Getenv(EndpointVariable); endpoint != "" {
		if err := probe(ctx, endpoint); err != nil {
			return nil, fmt.Errorf("no DynamoDB answers at %s=%s: start one there, or unset the variable: %w",
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

// Exited is closed when DynamoDB has ended, whoever ended it. It is nil, and so never
// ready, for a DynamoDB that Start found running.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Err returns a *DataError when DynamoDB could not read or write its file, as when the disk is
// full. It has ended by then. Nil for a DynamoDB that Start found running.
func (s *Server) Err() error {
	if s.output == nil {
		return nil
	}
	return s.output.failure()
}

// Stop ends the DynamoDB, waits until it has ended and lets go of its folder. One that Start
// found running is left alone.
func (s *Server) Stop() {
	if s.stop != nil {
		s.stop()
		<-s.exited
	}
	s.lock.Close()
}

// An InUseError says that another process has the data folder open.
type InUseError struct{ Dir string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("the data folder %s is in use by another instance: stop that one, or set DATA_DIR to another folder", e.Dir)
}

// A program builds the command that runs DynamoDB Local.
type program struct {
	// command builds the command. The port is the one to listen on, or 0 when it finds a free one
	// by itself and says on a line of its output which one that is.
	command   func(port int) *exec.Cmd
	findsPort bool
}

// launch starts the program and waits until it answers. Between finding a free port and
// listening on it another process may take it, so it tries again.
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
		// It keeps no state worth a goodbye: SQLite recovers from its journal.
		stop: func() { cmd.Process.Kill() },
	}
	// A database that lost a write must answer nothing more.
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
			return nil, fmt.Errorf("DynamoDB Local ended at once: see that java -version says 17 or newer, or set %s to a DynamoDB that is running: %s",
				EndpointVariable, out.beginning())
		case <-ctx.Done():
			s.Stop()
			return nil, fmt.Errorf("DynamoDB Local did not answer within %s: %w", startTimeout, ctx.Err())
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

// probe reports whether something speaks HTTP at the endpoint.
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

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func lastLine(output []byte) []byte {
	lines := bytes.Split(bytes.TrimSpace(output), []byte("\n"))
	return lines[len(lines)-1]
}

// beginning returns the first lines of an output as one: npm and Java say what is wrong
// first, and much more after that.
func beginning(output []byte) string {
	var said []string
	for line := range strings.Lines(string(output)) {
		if line = strings.TrimSpace(line); line != "" && len(said) < 4 {
			said = append(said, line)
		}
	}
	return strings.Join(said, "; ")
}
