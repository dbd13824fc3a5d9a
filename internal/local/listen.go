package local

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"
)

// A PortError reports that the address to serve on is taken or not permitted.
type PortError struct {
	Addr string
	Err  error
}

func (e *PortError) Error() string {
	if errors.Is(e.Err, syscall.EADDRINUSE) {
		return fmt.Sprintf("the address %s is taken: stop what listens there, or set PORT to another port", e.Addr)
	}
	return fmt.Sprintf("cannot listen on %s: set PORT to another port: %v", e.Addr, e.Err)
}

// Unwrap returns the error of the operating system.
func (e *PortError) Unwrap() error { return e.Err }

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, &PortError{Addr: addr, Err: err}
	}
	return l, nil
}

// newHTTPServer returns a server of the handler, with timeouts.
func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h,
		// Otherwise the server would respond to OPTIONS * itself, unlike the API.
		DisableGeneralOptionsHandler: true,

		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// publicAddr returns a listener's host and port as callers on this machine write them.
func publicAddr(a net.Addr) string {
	addr := a.(*net.TCPAddr)
	if addr.IP.IsLoopback() || addr.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", addr.Port)
	}
	return addr.String()
}
