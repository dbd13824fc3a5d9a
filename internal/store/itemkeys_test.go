package store

import (
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
)

func TestRunKeys(t *testing.T) {
	id := uuid.New()
	want := run.Ref{Tenant: "a.b_c-D", ID: id}
	if got, err := parseRunKey(runKey(want)); err != nil || got != want {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
	for name, pk := range map[string]string{
		"empty":       "",
		"a tenant":    "T#a",
		"a job":       "T#a#JOB#" + id.String(),
		"no tenant":   "T##RUN#" + id.String(),
		"no valid id": "T#a#RUN#x",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := parseRunKey(pk); err == nil {
				t.Errorf("got %v, want an error", got)
			}
		})
	}
}
