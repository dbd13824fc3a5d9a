package local

import (
	"strings"
	"testing"

	"github.com/inndx/runs/internal/fault"
)

func TestSecret(t *testing.T) {
	t.Setenv("INNDX_SECRET_TOKEN", "a")
	t.Setenv("INNDX_SECRET_STAGING_PASSWORD_1_X", "b")
	for name, want := range map[string]string{"token": "a", "TOKEN": "a", "staging/password-1.x": "b"} {
		if got, err := secret(t.Context(), "acme", name); got != want || err != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := secret(t.Context(), "acme", "other"); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "INNDX_SECRET_OTHER") {
		t.Errorf("a secret that is not set: %v", err)
	}
}
