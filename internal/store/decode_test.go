package store

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/guregu/dynamo/v2"
	"pgregory.net/rapid"
)

// The item of a run is decoded as it was encoded, including fields that are added later.
func TestDecodeRunItem(t *testing.T) {
	instant := rapid.Custom(func(t *rapid.T) time.Time {
		us := rapid.Int64Range(0, 4e15).Draw(t, "µs")
		if us == 0 {
			return time.Time{}
		}
		return time.UnixMicro(us).UTC()
	})
	items := rapid.MakeCustom[runItem](rapid.MakeConfig{
		Types: map[reflect.Type]*rapid.Generator[any]{reflect.TypeFor[time.Time](): instant.AsAny()},
	})
	rapid.Check(t, func(t *rapid.T) {
		want := items.Draw(t, "item")
		written, err := dynamo.MarshalItem(want)
		if err != nil {
			t.Fatal(err)
		}
		var got runItem
		if err := dynamo.UnmarshalItem(written, &got); err != nil {
			t.Fatal(err)
		}
		got.Labels, want.Labels = labels(got.Labels), labels(want.Labels)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(runItem{})); diff != "" {
			t.Fatalf("(-written +read):\n%s", diff)
		}
	})
}

func TestDecodeDamagedRunItem(t *testing.T) {
	item, err := dynamo.MarshalItem(map[string]any{"updated_at": "yesterday", "version": 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := dynamo.UnmarshalItem(item, new(runItem)); err == nil {
		t.Error("an invalid time is decoded")
	}
}
