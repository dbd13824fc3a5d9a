package store

import (
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
)

func TestRunKeys(t *testing.T) {
	id := uuid.New()
	m, err := parseRunKey(runKey(run.Ref{Tenant: "a.b_c-D", ID: id}))
	if err != nil || m.Tenant != "a.b_c-D" || m.ID != id {
		t.Fatal(m, err)
	}
	for _, pk := range []string{"", "T#a", "T#a#JOB#" + id.String(), "T##RUN#" + id.String(), "T#a#RUN#x"} {
		if m, err := parseRunKey(pk); err == nil {
			t.Errorf("%q is of %v", pk, m)
		}
	}
}
