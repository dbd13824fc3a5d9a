package objects

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

func TestPrefix(t *testing.T) {
	id := uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057")
	at := time.UnixMilli(1_700_000_000_123).Add(456 * time.Microsecond)
	for want, of := range map[string]tenant.ID{
		"acme/01890a5d-ac96-774b-bcce-b302099a8057-1700000000123/":   "acme",
		"a..b/01890a5d-ac96-774b-bcce-b302099a8057-1700000000123/":   "a..b",
		"a..!/01890a5d-ac96-774b-bcce-b302099a8057-1700000000123/":   "a..",
		"Acme.!/01890a5d-ac96-774b-bcce-b302099a8057-1700000000123/": "Acme.",
	} {
		if got := Prefix(run.Ref{Tenant: of, ID: id}, at); got != want {
			t.Errorf("tenant %s: got %q, want %q", of, got, want)
		}
	}
}

// No prefix begins with another one, so listing the objects of one run finds those of no other.
func TestPrefixesAreApart(t *testing.T) {
	ids := []uuid.UUID{{}, {15: 1}, uuid.Max}
	times := []time.Time{time.UnixMilli(1), time.UnixMilli(12), time.UnixMilli(123)}
	var all []string
	for _, of := range []tenant.ID{"a", "a-b", "acme", "acme2", "acme.", "acme..", "acme...", "acme_"} {
		if _, ok := tenant.Parse(string(of)); !ok {
			t.Fatalf("%s is not a tenant", of)
		}
		for _, id := range ids {
			for _, at := range times {
				all = append(all, Prefix(run.Ref{Tenant: of, ID: id}, at))
			}
		}
	}
	for i, a := range all {
		for j, b := range all {
			if i != j && strings.HasPrefix(a, b) {
				t.Errorf("%q begins with %q", a, b)
			}
		}
		if strings.Contains(a, "../") || strings.Contains(a, "//") {
			t.Errorf("%q has another meaning as a path", a)
		}
	}
}

func TestWARCNames(t *testing.T) {
	a, b := NewWARC(42), NewWARC(42)
	if a == b {
		t.Errorf("two workers got the same name %q", a)
	}
	for _, base := range []string{a, b} {
		if n, ok := FirstPart(base); n != 42 || !ok {
			t.Errorf("%q: got %d, %t", base, n, ok)
		}
	}
	if first, second := NewWARC(99), NewWARC(100); first > second {
		t.Errorf("%q sorts after %q", first, second)
	}
	for _, base := range []string{
		"", "42-0123456789abcdef.warc.gz", "000000000042-0123456789ABCDEF.warc.gz", a + ".tmp", "x" + a,
		"00000000004a-0123456789abcdef.warc.gz", "000000000042.warc.gz",
	} {
		if n, ok := FirstPart(base); ok {
			t.Errorf("%q: got %d", base, n)
		}
	}
}

func TestIsContent(t *testing.T) {
	prefix := Prefix(run.Ref{Tenant: "content", ID: uuid.Max}, time.Now())
	for name, want := range map[string]bool{
		Content(prefix, "x.1.0.0"):              true,
		WARC(prefix, "content"):                 false,
		ExportFolder(prefix, "content") + "a":   false,
		ExportFolder(prefix, "x") + "content/a": false,
	} {
		if got := IsContent(name); got != want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
