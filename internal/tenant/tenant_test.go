package tenant_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/tenant"
)

func TestParse(t *testing.T) {
	for s, want := range map[string]bool{
		"acme":                  true,
		"A.b_c-9":               true,
		"0":                     true,
		strings.Repeat("a", 63): true,
		strings.Repeat("a", 64): false,
		"":                      false,
		".acme":                 false,
		"-acme":                 false,
		"ac me":                 false,
		"acme\n":                false,
		"acme#RUN":              false,
		"ácme":                  false,
	} {
		t.Run(fmt.Sprintf("%.20q", s), func(t *testing.T) {
			if _, ok := tenant.Parse(s); ok != want {
				t.Errorf("got %t, want %t", ok, want)
			}
		})
	}
}
