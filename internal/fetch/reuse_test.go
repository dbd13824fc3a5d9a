package fetch

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
)

// A server that closes a connection without a response gets the request once, however many
// connections to it are idle.
func TestRequestsAreSentOnce(t *testing.T) {
	for name, encrypted := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			const parallel = 8
			var refused atomic.Int64
			var together sync.WaitGroup
			together.Add(parallel)
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/closes" {
					refused.Add(1)
					panic(http.ErrAbortHandler)
				}
				together.Done()
				together.Wait() // so each request has a connection of its own
			}))
			c := newTestClient(t, Options{})
			t.Cleanup(srv.Close)
			if !encrypted {
				srv.Start()
			} else {
				srv.StartTLS()
				c.transport.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
			}
			var all sync.WaitGroup
			for range parallel {
				all.Go(func() {
					if r, err := c.Get(t.Context(), mustParse(t, srv.URL+"/")); err != nil {
						t.Error(err)
					} else {
						r.Close()
					}
				})
			}
			all.Wait()
			for i := range int64(parallel + 1) {
				_, err := c.Check(t.Context(), http.MethodHead, mustParse(t, srv.URL+"/closes"))
				var e *Error
				if !errors.As(err, &e) || e.Reason != Reset || !e.Retryable || e.Reused != (i < parallel) {
					t.Errorf("%d: %+v", i, err)
				}
				if n := refused.Load(); n != i+1 {
					t.Fatalf("the server got %d requests, want %d", n, i+1)
				}
			}
		})
	}
}
