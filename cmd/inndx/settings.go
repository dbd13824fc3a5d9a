package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

// settings are the values of the environment variables.
type settings struct {
	port          int
	dataDir       string
	defaultTenant tenant.ID
	origins       api.Origins   // whose web pages may call the API
	retention     time.Duration // of finished runs; 0 keeps them
	memory        int64         // bytes for what runs know while they are crawled
	logLevel      slog.Level
	logJSON       bool
}

// readSettings reads the settings from the environment. The error reports all wrong variables.
// level is the default log level, and terminal says whether logs go to a terminal.
func readSettings(getenv func(string) string, level slog.Level, terminal bool) (settings, error) {
	var wrong []string
	s := settings{
		dataDir:       cmp.Or(getenv("DATA_DIR"), ".data"),
		defaultTenant: tenant.ID(cmp.Or(getenv("DEFAULT_TENANT_ID"), string(tenant.Default))),
		logLevel:      level,
	}
	var err error
	port := cmp.Or(getenv("PORT"), "8022")
	if s.port, err = strconv.Atoi(port); err != nil || s.port < 0 || s.port > 65535 {
		wrong = append(wrong, fmt.Sprintf("PORT must be a number from 0 (any free port) to 65535, not %q", port))
	}
	if _, ok := tenant.Parse(string(s.defaultTenant)); !ok {
		wrong = append(wrong, "DEFAULT_TENANT_ID "+tenant.Rule)
	}
	if s.origins, err = api.ParseOrigins(getenv("CORS_ORIGINS")); err != nil {
		wrong = append(wrong, "CORS_ORIGINS "+err.Error())
	}
	if s.retention, err = store.ParseRetention(getenv("RUN_RETENTION_DAYS")); err != nil {
		wrong = append(wrong, "RUN_RETENTION_DAYS "+err.Error())
	}
	if s.memory, err = parseMemory(getenv("CRAWL_MEMORY")); err != nil {
		wrong = append(wrong, "CRAWL_MEMORY "+err.Error())
	}
	if name := getenv("LOG_LEVEL"); name != "" && s.logLevel.UnmarshalText([]byte(name)) != nil {
		wrong = append(wrong, fmt.Sprintf("LOG_LEVEL must be debug, info, warn or error, not %q", name))
	}
	switch format := getenv("LOG_FORMAT"); format {
	case "":
		s.logJSON = !terminal
	case "text", "json":
		s.logJSON = format == "json"
	default:
		wrong = append(wrong, fmt.Sprintf("LOG_FORMAT must be text or json, not %q", format))
	}
	if wrong != nil {
		return s, &exit.UsageError{Lines: wrong}
	}
	return s, nil
}

// The bounds of CRAWL_MEMORY, in MiB.
const (
	minMemory = 64
	maxMemory = 1 << 20
)

// parseMemory returns a number of MiB in bytes; the default if it is empty.
func parseMemory(mib string) (int64, error) {
	if mib == "" {
		return budget.DefaultMemory, nil
	}
	n, err := strconv.ParseInt(mib, 10, 64)
	if err != nil || n < minMemory || n > maxMemory {
		return 0, fmt.Errorf("must be a number of MiB from %d to %d, not %q", minMemory, maxMemory, mib)
	}
	return n << 20, nil
}

// logger returns a logger that writes to w.
func (s settings) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.logLevel}
	if s.logJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
