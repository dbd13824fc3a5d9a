package bucket_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// The objects of a run are deleted, and those of no other run: of a tenant whose id begins with
// that of the tenant, or of a run that had the id before or gets it later.
func TestDeleteRun(t *testing.T) {
	eachStore(t, func(t *testing.T, s *bucket.Store) {
		id := uuid.New()
		at := time.UnixMilli(1_700_000_000_000)
		var others []string
		for _, of := range []tenant.ID{"a", "a-b", "a.", "a..", "a2", "acme"} {
			for _, created := range []time.Time{at, at.Add(time.Millisecond), time.UnixMilli(1_700_000_000_000 / 10)} {
				prefix := objects.Prefix(run.Ref{Tenant: of, ID: id}, created)
				put(t, s, objects.WARC(prefix, objects.NewWARC(1)), objects.Content(prefix, "x"), objects.ExportFolder(prefix, "y")+"z")
				if of != "a" || created != at {
					others = append(others, prefix)
				}
			}
		}
		ref := run.Ref{Tenant: "a", ID: id}
		if done, err := s.DeleteRun(t.Context(), ref, at, time.Now()); done || err != nil {
			t.Errorf("after the deadline: got %t, %v", done, err)
		}
		for range 2 { // a message may be delivered twice
			if done, err := s.DeleteRun(t.Context(), ref, at, time.Now().Add(time.Minute)); !done || err != nil {
				t.Fatalf("got %t, %v", done, err)
			}
		}
		if left := list(t, s, objects.Prefix(ref, at)); left != "" {
			t.Errorf("left are %q", left)
		}
		for _, prefix := range others {
			if n := len(list(t, s, prefix)); n == 0 {
				t.Errorf("the objects of %s are gone", prefix)
			}
		}
	})
}

// Nothing of the last run of a tenant stays on the disk, also no empty folder.
func TestDeleteRunRemovesFolders(t *testing.T) {
	s, dir := openFolder(t)
	ref := run.Ref{Tenant: "acme", ID: uuid.New()}
	for range 2 { // a run may write again to a folder that was removed
		at := time.Now()
		put(t, s, objects.WARC(objects.Prefix(ref, at), objects.NewWARC(1)), objects.Content(objects.Prefix(ref, at), "x"))
		if done, err := s.DeleteRun(t.Context(), ref, at, time.Now().Add(time.Minute)); !done || err != nil {
			t.Fatalf("got %t, %v", done, err)
		}
		if left := files(t, dir); left != "" {
			t.Errorf("left are %q", left)
		}
	}
}
