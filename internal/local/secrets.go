package local

import (
	"context"
	"os"
	"strings"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/tenant"
)

// secretVariable returns the environment variable that holds the secret with the name, such as
// INNDX_SECRET_NAME: the name is in upper case, with _ in the place of characters that variables
// cannot have.
func secretVariable(name string) string {
	return "INNDX_SECRET_" + strings.Map(func(r rune) rune {
		if strings.ContainsRune("./-", r) {
			return '_'
		}
		return r
	}, strings.ToUpper(name))
}

// secret returns the secret with the name, which is the same for all tenants of the machine.
func secret(_ context.Context, _ tenant.ID, name string) (string, error) {
	variable := secretVariable(name)
	value, ok := os.LookupEnv(variable)
	if !ok {
		return "", fault.New(fault.NotFound, "the environment variable %s must be set to it", variable)
	}
	return value, nil
}

// CheckSecrets returns what is wrong with the secrets that the configuration refers to on this
// machine: an error for each that is missing or that its field cannot have.
func CheckSecrets(c config.Config) []error {
	return c.CheckSecrets(func(name string) (string, error) { return secret(context.Background(), "", name) })
}
