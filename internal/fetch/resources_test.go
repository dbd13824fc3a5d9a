package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// recordedResources record how they are used. They have no limit.
type recordedResources struct {
	mu          sync.Mutex
	bodies      []int64 // reserved, or freed if negative
	opened      int
	connections int
}

func (r *recordedResources) ReserveBody(_ context.Context, n int64) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies = append(r.bodies, n)
	return n, nil
}

func (r *recordedResources) FreeBody(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies = append(r.bodies, -n)
}

func (r *recordedResources) ConnOpened() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened++
	r.connections++
}

func (r *recordedResources) ConnClosed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connections--
}

func (r *recordedResources) open() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.connections
}

// A long body reserves once what it may take, and frees what it does not.
func TestBodiesAreReserved(t *testing.T) {
	const limit, long = 4 << 20, 1 << 20
	for _, tt := range []struct {
		name   string
		serve  http.HandlerFunc
		failed bool
		want   []int64
	}{
		{"short", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, strings.Repeat("x", 100<<10)) }, false, nil},
		{"long", func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush() // so that the length is unknown
			fmt.Fprint(w, strings.Repeat("x", long))
		}, false, []int64{limit, long - limit, -long}},
		{"long, of known length", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(long))
			fmt.Fprint(w, strings.Repeat("x", long))
		}, false, []int64{long, -long}},
		{"longer than allowed", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(2*limit))
			fmt.Fprint(w, strings.Repeat("x", 2*limit))
		}, false, []int64{limit, -limit}},
		{"ends early", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(2*long))
			fmt.Fprint(w, strings.Repeat("x", long))
		}, true, []int64{2 * long, -long, -long}},
		{"compressed", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(gzipped(make([]byte, long)))
		}, false, []int64{limit, long - limit, -long}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resources := new(recordedResources)
			c := newTestClient(t, Options{MaxBodyBytes: limit, Resources: resources})
			res, err := c.Get(t.Context(), mustParse(t, serve(t, tt.serve).URL))
			if (err != nil) != tt.failed {
				t.Fatal(err)
			}
			if err == nil {
				res.Close()
				res.Close() // which frees nothing twice
			}
			if !slices.Equal(resources.bodies, tt.want) {
				t.Errorf("reserved and freed %d, want %d", resources.bodies, tt.want)
			}
		})
	}
}

// A panic while a body is read does not keep its memory: it ends the fetch, and its run goes on.
func TestPanicFreesBody(t *testing.T) {
	resources := new(recordedResources)
	r := &Response{reservation: reservation{resources: resources}}
	body := io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), panicReader{})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("there was no panic")
			}
		}()
		r.readBody(t.Context(), &http.Response{Body: io.NopCloser(body), ContentLength: -1}, "/", 4<<20)
	}()
	if want := []int64{4 << 20, -4 << 20}; !slices.Equal(resources.bodies, want) {
		t.Errorf("reserved and freed %d, want %d", resources.bodies, want)
	}
}

type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("a defect") }

func TestUnreserve(t *testing.T) {
	resources := new(recordedResources)
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, strings.Repeat("x", 1<<20)) })
	res, err := get(t, newTestClient(t, Options{Resources: resources}), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Unreserve()
	if len(res.Body) != 1<<20 {
		t.Errorf("a body of %d bytes is left", len(res.Body))
	}
	res.Close()
	if n := len(resources.bodies); n != 3 || resources.bodies[2] != -1<<20 {
		t.Errorf("reserved and freed %d", resources.bodies)
	}
}

// Connections count from when they are open until they are closed, by either side.
func TestConnectionsAreCounted(t *testing.T) {
	resources := new(recordedResources)
	c := newTestClient(t, Options{Resources: resources})
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/close" {
			w.Header().Set("Connection", "close")
		}
	})
	for _, path := range []string{"/", "/", "/"} {
		if _, err := get(t, c, srv.URL+path); err != nil {
			t.Fatal(err)
		}
	}
	if resources.opened != 1 || resources.open() != 1 {
		t.Errorf("opened %d connections for requests one after the other, %d are open", resources.opened, resources.open())
	}
	c.Close()
	await(t, "idle connections are closed", func() bool { return resources.open() == 0 })
	if _, err := get(t, c, srv.URL+"/close"); err != nil {
		t.Fatal(err)
	}
	await(t, "the server closed the connection", func() bool { return resources.open() == 0 })
	if resources.opened != 2 {
		t.Errorf("opened %d connections", resources.opened)
	}
}

// A connection counts while it is being made, because it has a file descriptor from then on, and no
// longer if it cannot be made.
func TestAttemptsToConnectAreCounted(t *testing.T) {
	resources := new(recordedResources)
	c := newTestClient(t, Options{Resources: resources})
	during := 0
	c.dialer.ControlContext = func(context.Context, string, string, syscall.RawConn) error {
		during = resources.open()
		return nil
	}
	if _, err := get(t, c, "http://127.0.0.1:1/"); reason(err) != Refused {
		t.Fatalf("the error is %v", err)
	}
	if during != 1 || resources.open() != 0 {
		t.Errorf("%d connections were counted during the attempt, and %d after it", during, resources.open())
	}
}

// An attempt to connect ends with the fetch that needs it, although net/http lets it continue.
// Otherwise a run whose fetches have a short timeout could use up the file descriptors.
func TestAttemptsToConnectEnd(t *testing.T) {
	resources := new(recordedResources)
	c := newTestClient(t, Options{Timeout: 100 * time.Millisecond, Resources: resources})
	ended := make(chan error, 100)
	c.dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	}}
	if _, err := get(t, c, "http://silent.example/"); reason(err) != Timeout {
		t.Errorf("the error is %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) { // and not by the timeout of a lookup
		t.Error("the attempt ended with", err)
	}
	await(t, "the connection no longer counts", func() bool { return resources.open() == 0 })
}

// A fetch that looks up a name has a socket for each of the two kinds of addresses. Package budget
// allows for the second one.
func TestLookupHasTwoSockets(t *testing.T) {
	c := newTestClient(t, Options{Timeout: 100 * time.Millisecond})
	var mu sync.Mutex
	sockets, most := 0, 0
	c.dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		mu.Lock()
		sockets++
		most = max(most, sockets)
		mu.Unlock()
		<-ctx.Done()
		mu.Lock()
		defer mu.Unlock()
		sockets--
		return nil, ctx.Err()
	}}
	if _, err := get(t, c, "http://silent.example/"); reason(err) != Timeout {
		t.Errorf("the error is %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if most != 2 {
		t.Errorf("%d sockets at a time", most)
	}
}

// await waits until ok reports true.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never happened: " + what)
		}
	}
}
