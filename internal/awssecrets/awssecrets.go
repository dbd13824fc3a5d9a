// Package awssecrets reads the secrets of tenants from AWS Secrets Manager. Only the crawl function
// imports it.
package awssecrets

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/tenant"
)

// MaxAge is how long a process uses a value. A run begins to use a new value after at most that
// time and one invocation.
const MaxAge = 5 * time.Minute

// maxCached and maxCachedBytes bound the values that a process keeps.
const (
	maxCached      = 1000
	maxCachedBytes = 4 << 20
)

// Secrets are the secrets below a prefix. A tenant's secret has the name <prefix>/<tenant>/<name>.
// Ids of tenants have no slash, so no name reaches the secret of another tenant. It is safe for
// concurrent use.
type Secrets struct {
	client *secretsmanager.Client
	prefix string
	cache  *lru.Cache[string, cached]
	now    func() time.Time
}

// A cached value is used until a time.
type cached struct {
	value string
	until time.Time
}

// New returns the secrets below the prefix. It makes no requests.
func New(cfg aws.Config, prefix string) *Secrets {
	return &Secrets{
		client: secretsmanager.NewFromConfig(cfg), prefix: prefix, now: time.Now,
		cache: lru.New[string](lru.Bounds{Bytes: maxCachedBytes, Entries: maxCached}, func(c cached) int { return len(c.value) }),
	}
}

// kinds are the kinds of the errors after which another attempt would not succeed. See
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors.
var kinds = map[string]struct {
	kind    fault.Kind
	problem string
}{
	"ResourceNotFoundException": {fault.NotFound, "does not exist, or has no value"},
	"InvalidRequestException":   {fault.NotFound, "is being deleted, or has no value"},
	"InvalidParameterException": {fault.Invalid, "has a name that AWS Secrets Manager refuses"},
	"AccessDeniedException":     {fault.Forbidden, "may not be read by the crawl function"},
	"DecryptionFailure":         {fault.Forbidden, "has a key that the crawl function may not use"},
}

// Value returns the value of a tenant's secret. Errors of kind NotFound, Invalid and Forbidden are
// final. Others may pass. No error has the value.
func (s *Secrets) Value(ctx context.Context, t tenant.ID, name string) (string, error) {
	id := s.prefix + "/" + string(t) + "/" + name
	if c, ok := s.cache.Get(id); ok && s.now().Before(c.until) {
		return c.value, nil
	}
	out, err := s.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil {
		if e := smithy.APIError(nil); errors.As(err, &e) {
			if k, ok := kinds[e.ErrorCode()]; ok {
				final := fault.New(k.kind, "%s in AWS Secrets Manager %s", id, k.problem)
				final.Err = err
				return "", final
			}
		}
		return "", err
	}
	if out.SecretString == nil {
		return "", fault.New(fault.Invalid, "%s in AWS Secrets Manager must be text", id)
	}
	s.cache.Put(id, cached{*out.SecretString, s.now().Add(MaxAge)})
	return *out.SecretString, nil
}
