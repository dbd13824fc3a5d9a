package listing

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/store/keys"
)

var someTime = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

var someScope = Scope{Tenant: "acme", Route: "things", Filter: map[string]string{"color": "red"}}

// somePlan reads the things of two colors that were created within an hour.
func somePlan() *Plan {
	return &Plan{
		PK:         "T#acme",
		SortPrefix: "THING#",
		Index:      "by_color",
		Partitions: []string{"T#acme#COLOR#red", "T#acme#COLOR#blue"},
		Created:    keys.CreatedBetween(someTime, someTime.Add(time.Hour)),
	}
}

func wantInvalidCursor(t *testing.T, err error) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid || len(e.Fields) != 1 ||
		e.Fields[0].Field != "page" || e.Fields[0].Errors[0].Code != "cursor" {
		t.Errorf("error is %v", err)
	}
}

func TestDamagedCursor(t *testing.T) {
	p := somePlan()
	at := p.position(p.Partitions[0], keys.Created(someTime.Add(time.Minute), uuid.New()))
	cursor := someScope.encode(at)
	if got, err := someScope.decode(cursor, p); err != nil || got != at {
		t.Fatal(got, err)
	}
	refused := func(t *testing.T, cursor string) {
		t.Helper()
		_, err := someScope.decode(cursor, p)
		wantInvalidCursor(t, err)
	}
	t.Run("a bit of the data is flipped", func(t *testing.T) {
		data, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8 * len(data) {
			data[i/8] ^= 1 << (i % 8)
			refused(t, base64.RawURLEncoding.EncodeToString(data))
			data[i/8] ^= 1 << (i % 8)
		}
	})
	t.Run("a bit of the text is flipped", func(t *testing.T) {
		text := []byte(cursor)
		for i := range 8 * len(text) {
			text[i/8] ^= 1 << (i % 8)
			refused(t, string(text))
			text[i/8] ^= 1 << (i % 8)
		}
	})
	t.Run("the end is missing", func(t *testing.T) {
		for i := range cursor {
			refused(t, cursor[:i])
		}
	})
	t.Run("a line break is inserted", func(t *testing.T) {
		for i := range cursor {
			refused(t, cursor[:i]+"\n"+cursor[i:])
		}
	})
	t.Run("it is no cursor", func(t *testing.T) {
		for _, wrong := range []string{"x", "=", cursor + "A", cursor + "=", cursor + "\r\n", "\x00"} {
			refused(t, wrong)
		}
	})
}

// Anyone can compute the fingerprint of a cursor. A forged cursor still reaches nothing outside the
// list.
func TestForgedCursor(t *testing.T) {
	id := uuid.New()
	p := somePlan()
	good := p.position(p.Partitions[0], keys.Created(someTime.Add(time.Minute), id))
	if _, err := someScope.decode(someScope.encode(good), p); err != nil {
		t.Fatal(err)
	}
	for name, forge := range map[string]func(*position){
		"another tenant's item":      func(at *position) { at.pk = "T#rival" },
		"an item of another kind":    func(at *position) { at.sk = "OTHER#" + id.String() },
		"another item":               func(at *position) { at.sk = p.SortPrefix + uuid.NewString() },
		"another tenant's partition": func(at *position) { at.hash = "T#rival#COLOR#red" },
		"another partition":          func(at *position) { at.hash = "T#acme#COLOR#green" },
		"before the range":           func(at *position) { *at = p.position(at.hash, keys.Created(someTime, id)) },
		"after the range":            func(at *position) { *at = p.position(at.hash, keys.Created(someTime.Add(time.Hour), id)) },
		"no key":                     func(at *position) { at.createdKey = "" },
		"another spelling":           func(at *position) { at.createdKey = at.createdKey[:len(at.createdKey)-36] + "{" + id.String() + "}" },
	} {
		t.Run(name, func(t *testing.T) {
			at := good
			forge(&at)
			_, err := someScope.decode(someScope.encode(at), p)
			wantInvalidCursor(t, err)
		})
	}
}

func FuzzCursor(f *testing.F) {
	p := somePlan()
	f.Add(someScope.encode(p.position(p.Partitions[0], keys.Created(someTime.Add(time.Minute), uuid.New()))))
	f.Add("")
	f.Fuzz(func(t *testing.T, cursor string) {
		at, err := someScope.decode(cursor, p)
		if err == nil && someScope.encode(at) != cursor {
			t.Errorf("%q is another spelling of a cursor", cursor)
		}
	})
}
