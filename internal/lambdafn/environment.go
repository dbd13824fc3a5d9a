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
	period        time.Duration // CRAWL_PERIOD, of the crawl function; default defaultPeriod
	memory        int64         // AWS_LAMBDA_FUNCTION_MEMORY_SIZE, in bytes; 0 if it is not set
	logLevel      slog.Level    // LOG_LEVEL: debug, info, warn or error; default info
	// Metrics reads DETAILED_METRICS, default false, and STACK_NAME.
}

// defaultPeriod is the period at whose multiples workers leave their runs. It is more than half of
// the time for which an invocation crawls, so an invocation that begins at a multiple ends at the
// next one. All invocations end together, and their runs are gathered in the batches that follow.
const defaultPeriod = 3 * time.Minute

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
	env.period = defaultPeriod
	if period := getenv("CRAWL_PERIOD"); period != "" {
		if env.period, err = time.ParseDuration(period); err != nil || env.period <= 0 || env.period > 15*time.Minute {
			errs = append(errs, fmt.Errorf("CRAWL_PERIOD must be a duration above 0s and up to 15m, not %q", period))
		}
	}
	if size := getenv(memoryVariable); size != "" {
		mb, err := strconv.ParseInt(size, 10, 32)
		if err != nil || mb <= 0 {
			errs = append(errs, fmt.Errorf("%s must be a number of MB, not %q", memoryVariable, size))
		}
		env.memory = mb << 20
	}
	if level := getenv("LOG_LEVEL"); level != "" {
		if err := env.logLevel.UnmarshalText([]byte(level)); err != nil {
			errs = append(errs, fmt.Errorf("LOG_LEVEL must be debug, info, warn or error, not %q", level))
		}
	}
	return env, errors.Join(errs...)
}
