package lambdafn

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// exerciseArtifacts makes the routes of artifacts read and delete a small and a large one.
func (w *recorder) exerciseArtifacts(j, r uuid.UUID) {
	w.t.Helper()
	w.call(http.StatusOK, "list-artifacts", j, r)
	for index, status := range []int{http.StatusOK, http.StatusTemporaryRedirect} {
		w.artifact = fmt.Sprintf("%s.1.%d.0", r, index)
		w.call(http.StatusOK, "get-artifact", j, r)
		w.call(status, "get-artifact-blob", j, r)
		w.call(http.StatusNoContent, "delete-artifact", j, r)
		w.call(http.StatusNotFound, "get-artifact", j, r)
	}
	st := w.store("list-artifacts")
	f := artifact.Filter{RunIDs: []uuid.UUID{r}}
	if _, err := st.Artifacts(w.t.Context(), owner, f, paging.Request{Limit: 10}); err != nil {
		w.t.Error(err)
	}
}

// exerciseExports makes the routes of exports create, show and delete one, which the crawl function
// makes in between, and makes the sweep fail another for a dead letter.
func (w *recorder) exerciseExports(j, r uuid.UUID) {
	w.t.Helper()
	ref := run.Ref{Tenant: owner, ID: r}
	all := func() []export.Export {
		list, err := w.setup.Exports(w.t.Context(), ref, export.Filter{})
		if err != nil {
			w.t.Fatal(err)
		}
		return list
	}
	work := func(want export.State) {
		w.t.Helper()
		k := w.keeper("crawl")
		d := wake.Delivery{Run: ref, Export: w.export}
		if err := k.Handler(nil)(w.t.Context(), d); err != nil {
			w.t.Error(err)
		}
		if e, _ := w.setup.Export(w.t.Context(), export.Ref{Run: ref, ID: w.export}); e.State != want {
			w.t.Errorf("the export is %q, want %q", e.State, want)
		}
	}
	w.call(http.StatusCreated, "create-export", j, r)
	w.export = all()[0].ID
	w.call(http.StatusOK, "list-exports", j, r)
	w.call(http.StatusOK, "get-export", j, r)
	work(export.Finished)
	w.call(http.StatusTemporaryRedirect, "get-export-file", j, r)
	w.call(http.StatusNoContent, "delete-export", j, r)
	work("")

	hopeless, err := w.setup.CreateExport(w.t.Context(), ref, uuid.Nil, export.CSV, nil, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	letter := wake.Delivery{Run: ref, Export: hopeless.ID, Sent: time.Now().Add(time.Millisecond)}
	if err := w.keeper("dead-letter").Abandon(w.t.Context(), letter); err != nil {
		w.t.Error(err)
	}
	if _, err := w.setup.CreateExport(w.t.Context(), ref, uuid.Nil, export.CSV, nil, nil); err != nil {
		w.t.Fatal(err) // left to the purge of the run
	}
}
