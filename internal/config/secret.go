package config

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// The bounds of secrets.
const (
	// MaxSecretBytes bounds the value of a secret.
	MaxSecretBytes = 4096
	// MaxSecretNameBytes bounds the name of a secret. Names in AWS Secrets Manager have at most 512
	// characters.
	MaxSecretNameBytes = 128
)

// Mask stands for the value of a secret in what people and clients get to see. It is not a valid
// value of a secret.
const Mask = "***"

// A Secret is a value that only hosts may see: it is either given as Value, or it is a reference by
// Name to a secret outside the configuration. Its JSON is the value as a string, or {"secret":
// name}. The JSON has the value, because it is what is stored: see Config.Masked. Other forms, such
// as that of package fmt, never have it.
type Secret struct {
	Value string
	Name  string
}

// String returns Mask or the reference.
func (s Secret) String() string {
	if s.Name != "" {
		return "secret:" + s.Name
	}
	return Mask
}

// GoString returns the same as String.
func (s Secret) GoString() string { return s.String() }

// MarshalJSON implements [json.Marshaler].
func (s Secret) MarshalJSON() ([]byte, error) {
	if s.Name != "" {
		return json.Marshal(map[string]string{"secret": s.Name})
	}
	return marshalText(s.Value)
}

// masked returns the secret without its value.
func (s Secret) masked() Secret {
	if s.Name == "" {
		s.Value = Mask
	}
	return s
}

// validSecretName matches the names that AWS Secrets Manager and environment variables can have:
// the name of the variable is made of the name.
var validSecretName = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)

// secret reads a secret whose value check accepts. It returns what is wrong with a value, or "".
func (r *reader) secret(v strictjson.Value, check func(string) string) Secret {
	if v.IsString() {
		return Secret{Value: r.secretValue(v, check)}
	}
	o, ok := v.Object()
	if !ok {
		return Secret{}
	}
	defer o.Close()
	s, _ := secretName(o)
	return s
}

// secretValue reads the value of a secret. Its faults do not mention the value.
func (r *reader) secretValue(v strictjson.Value, check func(string) string) string {
	s, ok := text(v, MaxSecretBytes)
	switch {
	case !ok:
		return ""
	case s == Mask && r.update:
		return s // see KeepSecrets
	case s == Mask:
		v.Fail(maskedRule())
		return ""
	}
	if problem := check(s); problem != "" {
		v.Fail(fault.Format("secret", problem))
		return ""
	}
	return s
}

// secretName reads the member secret, which must be given.
func secretName(o *strictjson.Object) (Secret, bool) {
	v, ok := o.Required("secret")
	if !ok {
		return Secret{}, false
	}
	s, ok := text(v, MaxSecretNameBytes)
	if ok && !validSecretName.MatchString(s) {
		v.Fail(fault.Format("secret-name", "must have letters, digits, '_', '.', '/' and '-' only"))
		return Secret{}, false
	}
	return Secret{Name: s}, ok
}

// maskedRule is the rule for Mask where no value is stored that it could stand for.
func maskedRule() fault.Rule {
	return fault.Rule{
		Code:    "masked",
		Message: "must be the value: " + Mask + " stands for it in responses, and keeps it in an update that adds no hosts and keeps the proxy",
	}
}

// ResolveSecrets returns a copy in which each reference to a secret is replaced by the value that
// get returns for its name. A value may end with a line break, which is removed, since files and
// commands add one. The error is that of get, or of kind Invalid for a value that its member cannot
// have. It never has the value.
//
// The copy must neither be stored nor shown.
func (c Config) ResolveSecrets(get func(name string) (string, error)) (Config, error) {
	c, errs := c.resolveSecrets(get)
	if len(errs) > 0 {
		return Config{}, errs[0]
	}
	return c, nil
}

// CheckSecrets returns the errors of ResolveSecrets for all references. Each begins with the path
// of the field.
func (c Config) CheckSecrets(get func(name string) (string, error)) []error {
	_, errs := c.resolveSecrets(get)
	return errs
}

func (c Config) resolveSecrets(get func(name string) (string, error)) (_ Config, errs []error) {
	if c.Fetcher == nil {
		return c, nil
	}
	f := *c.Fetcher
	c.Fetcher = &f
	f.eachSecret(func(s secretOf) {
		if s.secret.Name == "" {
			return
		}
		value, err := get(s.secret.Name)
		value = strings.TrimSuffix(strings.TrimSuffix(value, "\n"), "\r")
		problem := s.check(value)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("fetcher.%s: the secret %q: %w", s.path, s.secret.Name, err))
		case value == "" || len(value) > MaxSecretBytes:
			errs = append(errs, fault.New(fault.Invalid, "fetcher.%s: the secret %q must have between 1 and %d bytes", s.path, s.secret.Name, MaxSecretBytes))
		case problem != "":
			errs = append(errs, fault.New(fault.Invalid, "fetcher.%s: the secret %q %s", s.path, s.secret.Name, problem))
		}
		s.set(Secret{Value: value})
	})
	return c, errs
}
