package fetch

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// servePipe makes c connect to a server in memory, for tests in virtual time. It sends half of a
// body of 2 MiB at once, and the rest after a time.
func servePipe(c *Client, rest time.Duration) {
	c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			if _, err := http.ReadRequest(bufio.NewReader(server)); err != nil {
				return
			}
			half := strings.Repeat("x", 1<<20)
			fmt.Fprintf(server, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", 2*len(half), half)
			time.Sleep(rest)
			io.WriteString(server, half)
		}()
		return client, nil
	}
}

// slowResources have memory for bodies after a time.
type slowResources struct {
	recordedResources
	after time.Duration
}

func (r *slowResources) ReserveBody(ctx context.Context, n int64) (int64, error) {
	select {
	case <-time.After(r.after):
		return n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// A fetch that waits for the memory of its body, because of other fetches, does not time out. It
// ends with the context of its caller.
func TestWaitForMemory(t *testing.T) {
	const timeout = 10 * time.Second
	for _, tt := range []struct {
		name            string
		wait, rest, own time.Duration // for memory, for the rest of the body, and the caller's timeout
		canceled        time.Duration // when the caller cancels, 0 for never
		want            Reason        // of the error
		took            time.Duration
	}{
		{name: "a wait longer than the timeout", wait: time.Minute, took: time.Minute},
		{name: "and than that of the caller", wait: time.Minute, own: 5 * time.Second, took: time.Minute},
		{name: "a server that is slow as well", wait: time.Minute, rest: 9 * time.Second, took: 69 * time.Second},
		{name: "a server that is too slow", wait: time.Minute, rest: 11 * time.Second, want: Timeout, took: 70 * time.Second},
		{name: "and for the caller", wait: time.Minute, rest: 6 * time.Second, own: 5 * time.Second, want: Canceled, took: 65 * time.Second},
		{name: "canceled while it waits", wait: time.Hour, canceled: 15 * time.Second, want: Canceled, took: 15 * time.Second},
		{name: "canceled after the wait", wait: time.Minute, rest: 6 * time.Second, canceled: 62 * time.Second, want: Canceled, took: 62 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newTestClient(t, Options{Timeout: timeout, Resources: &slowResources{after: tt.wait}})
				servePipe(c, tt.rest)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.canceled > 0 {
					defer time.AfterFunc(tt.canceled, cancel).Stop()
				}
				if tt.own > 0 {
					timed, stop := WithTimeout(ctx, tt.own)
					defer stop()
					ctx = timed
				}
				began := time.Now()
				res, err := c.Get(ctx, mustParse(t, "http://pipe.example/"))
				if reason(err) != tt.want || time.Since(began) != tt.took {
					t.Errorf("%v after %s", err, time.Since(began))
				}
				if err == nil {
					if len(res.Body) != 2<<20 || res.Latency != tt.took-tt.wait {
						t.Errorf("%d bytes in %s", len(res.Body), res.Latency)
					}
					res.Close()
				}
				time.Sleep(2 * time.Minute) // until the server has ended
			})
		})
	}
}

// The end of a timeout has its cause with HTTP/2 too, which returns other errors.
func TestTimeoutOfHTTP2(t *testing.T) {
	for name, path := range map[string]string{"before the header": "/", "in the body": "/body"} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/body" {
					io.WriteString(w, "hello")
					w.(http.Flusher).Flush()
				}
				<-r.Context().Done()
			}))
			srv.EnableHTTP2 = true
			srv.StartTLS()
			t.Cleanup(srv.Close)
			c := newTestClient(t, Options{Timeout: 200 * time.Millisecond})
			c.transport.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
			_, err := get(t, c, srv.URL+path)
			if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != Timeout || !e.Retryable {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
