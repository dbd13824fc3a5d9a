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

// environment is what a function is told by its environment variables. What is not here
// belongs to the AWS SDK.
type environment struct {
	auth          authMode      // AUTH_MODE, required: a function that is not told must not be open
	tenantClaim   string        // TENANT_CLAIM, required when auth is jwt
	table         string        // TABLE_NAME, store.DefaultTable when not set
	queueURL      string        // WAKE_QUEUE_URL, required
	defaultTenant tenant.ID     // DEFAULT_TENANT_ID, tenant.Default when not set
	allowPrivate  bool          // ALLOW_PRIVATE_ADDRESSES, false when not set
	retention     time.Duration // RUN_RETENTION_DAYS, of finished runs; 0, for ever, when not set
	maxIdle       time.Duration // MAX_IDLE, of the crawl function; 0, crawl's default, when not set
	logLevel      slog.Level    // LOG_LEVEL: debug, info, warn or error; info when not set
}

// readEnvironment reports all that is wrong at once.
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
