package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/display"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/local"
)

// ready is the text that serve prints when the service is ready. The service listens on loopback
// only, because it trusts the tenant header and may crawl addresses that only this machine can
// reach.
const ready = `
inndx %[1]s is ready at %[2]s

  dashboard:  %[2]s/
  API:        %[2]s/.well-known/docs
  try:        curl '%[2]s/v1/runs?per_page=20'
  data:       %[3]s

Here, crawls may connect to loopback and private addresses. The deployed service refuses them.
Ctrl-C stops the service. The next start continues unfinished runs.

`

// serve runs the whole service until ctx is done.
func serve(ctx context.Context) error {
	s, err := readSettings(os.Getenv, slog.LevelInfo, display.IsTerminal(os.Stderr))
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
		Memory:        s.memory,
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
		log.Info("stopping; a second signal stops at once")
		return nil
	case err := <-stack.Failed():
		return err
	}
}

// orInterrupted returns exit.ErrInterrupted if ctx has ended, and otherwise err.
func orInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return exit.ErrInterrupted
	}
	return err
}
