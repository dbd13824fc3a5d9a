package lambdafn

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

// An environment holds the values of a function's environment variables. The AWS SDK reads its own
// variables.
type environment struct {
	auth          authMode      // AUTH_MODE, required, so that a function is not open by mistake
	tenantClaim   string        // TENANT_CLAIM, required if auth is jwt
	table         string        // TABLE_NAME, default store.DefaultTable
	queueURL      string        // WAKE_QUEUE_URL, required
	defaultTenant tenant.ID     // DEFAULT_TENANT_ID, default tenant.Default
	allowPrivate  bool          // ALLOW_PRIVATE_ADDRESSES, default false
	retention     time.Duration // RUN_RETENTION_DAYS, of finished runs; default 0: runs do not expire
	maxIdle       time.Duration // MAX_IDLE, of the crawl function; default 0: that of package crawl
	logLevel      slog.Level    // LOG_LEVEL: debug, info, warn or error; default info
	// Metrics reads DETAILED_METRICS, default false, and STACK_NAME.
}

// readEnvironment reads the environment. The error names every variable that is wrong.
func readEnvironment(getenv func(string) string) (environment, error) {
	var errs []error
	env := environment{
		auth: authMode(getenv("AUTH_MODE")), tenantClaim: getenv("TENANT_CLAIM"),
		table:    cmp.Or(getenv("TABLE_NAME"), store.DefaultTable),
		queueURL: getenv("WAKE_QUEUE_URL"),
	}
	if !slices.Contains(authModes, env.auth) {
		errs = append(errs, fmt.Errorf("AUTH_MODE must be iam, jwt or none, not %q", env.auth))
	}
	if env.auth == authJWT && env.tenantClaim == "" {
		errs = append(errs, errors.New("TENANT_CLAIM must be set to the name of the token's claim that holds the tenant"))
	}
	if env.queueURL == "" {
		errs = append(errs, errors.New("WAKE_QUEUE_URL must be set to the URL of the queue"))
	}
	if detailed := getenv("DETAILED_METRICS"); detailed != "" {
		if _, err := strconv.ParseBool(detailed); err != nil {
			errs = append(errs, fmt.Errorf("DETAILED_METRICS must be true or false, not %q", detailed))
		}
	}
	var ok bool
	if env.defaultTenant, ok = tenant.Parse(cmp.Or(getenv("DEFAULT_TENANT_ID"), string(tenant.Default))); !ok {
		errs = append(errs, errors.New("DEFAULT_TENANT_ID "+tenant.Rule))
	}
	if allow := getenv("ALLOW_PRIVATE_ADDRESSES"); allow != "" {
		var err error
		if env.allowPrivate, err = strconv.ParseBool(allow); err != nil {
			errs = append(errs, fmt.Errorf("ALLOW_PRIVATE_ADDRESSES must be true or false, not %q", allow))
		}
	}
	var err error
	if env.retention, err = store.ParseRetention(getenv("RUN_RETENTION_DAYS")); err != nil {
		errs = append(errs, fmt.Errorf("RUN_RETENTION_DAYS %w", err))
	}
	if idle := getenv("MAX_IDLE"); idle != "" {
		if env.maxIdle, err = time.ParseDuration(idle); err != nil || env.maxIdle <= 0 || env.maxIdle > time.Minute {
			errs = append(errs, fmt.Errorf("MAX_IDLE must be a duration above 0s and up to 1m, not %q", idle))
		}
	}
	if level := getenv("LOG_LEVEL"); level != "" {
		if err := env.logLevel.UnmarshalText([]byte(level)); err != nil {
			errs = append(errs, fmt.Errorf("LOG_LEVEL must be debug, info, warn or error, not %q", level))
		}
	}
	return env, errors.Join(errs...)
}
