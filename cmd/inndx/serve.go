package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/local"
)

// ready is printed once the service answers. It listens on loopback only: the tenant header
// is trusted, and crawls may go where only this machine gets to.
const ready = `
inndx %[1]s is ready at %[2]s

  try:   curl -H 'X-Tenant-Id: acme' '%[2]s/v1/runs?per_page=20'
  docs:  %[2]s/.well-known/docs
  data:  %[3]s

Crawls may go to loopback and private addresses here; the deployed service refuses them.
Ctrl-C stops; unfinished runs go on at the next start.

`

// serve runs the whole service until ctx is done.
func serve(ctx context.Context) error {
	s, err := readSettings(os.Getenv, slog.LevelInfo, isTerminal(os.Stderr))
	if err != nil {
		return err
	}
	log := s.logger(os.Stderr)
	stack, err := local.Start(ctx, local.Options{
		Addr:          fmt.Sprintf("127.0.0.1:%d", s.port),
		DataDir:       s.dataDir,
		DefaultTenant: s.defaultTenant,
		Origins:       s.origins,
		Retention:     s.retention,
		Logger:        log,
	})
	if err != nil {
		return orInterrupted(ctx, err)
	}
	defer stack.Stop()
	if err := printOut(fmt.Sprintf(ready, config.Version, stack.URL, s.dataDir)); err != nil {
		return err
	}
	log.Info("ready", "url", stack.URL, "data_dir", s.dataDir)
	select {
	case <-ctx.Done():
		log.Info("stopping; once more to stop at once")
		return nil
	case err := <-stack.Failed():
		return err
	}
}

// orInterrupted returns err, or errInterrupted when the end of ctx is behind it.
func orInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}
