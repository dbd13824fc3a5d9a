package crawllog

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeRejectsGarbage(t *testing.T) {
	frame := func(raw []byte) []byte { return encoder().EncodeAll(raw, []byte{version}) }
	for name, part := range map[string][]byte{
		"empty":               nil,
		"only a version":      {version},
		"another version":     append([]byte{version + 1}, Encode([]Record{&SeedsRead{}})[0][1:]...),
		"no zstd":             {version, 1, 2, 3},
		"truncated":           Encode([]Record{&Discovered{URL: "https://a.example/"}})[0][:12],
		"unknown kind":        frame([]byte{15}),
		"prefix of nothing":   frame([]byte{tagDiscovered, 5, 0, 0, 0}),
		"string past the end": frame([]byte{tagDiscovered, 0, 100, 'x'}),
		"number too large":    frame([]byte{tagDiscovered, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0}),
		"unknown step":        frame([]byte{tagOutcome, 0, 0, 0, 9, 0, 0, 0, 0, 0}),
		"bomb":                frame(make([]byte, 64<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			for _, err = range Decode(part) {
			}
			if err == nil {
				t.Error("decoded without an error")
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(nil), false)
	f.Add(Encode([]Record{
		&Discovered{URL: "https://a.example/", Seed: true}, &Discovered{URL: "https://a.example/b", Depth: 1, Redirects: 2},
		&Outcome{URL: "https://a.example/", Step: Fetch, Status: Error, ErrorReason: "timeout", OccurredAt: time.UnixMilli(1e12).UTC(), HoldHost: time.UnixMilli(2e12).UTC()},
		&Retry{URL: "https://a.example/b", Attempt: 1, HoldHost: true, Due: time.UnixMilli(1e12 + 5).UTC()}, &SeedsRead{},
	})[0], false)
	f.Add([]byte{tagDiscovered, 0, 1, 'x', 0, 0, tagDiscovered | flagSeed, 1, 2, 'y', 'z', 1, 1, tagSeedsRead}, true)
	f.Fuzz(func(t *testing.T, data []byte, raw bool) {
		if raw { // gets the fuzzer past the compression
			data = encoder().EncodeAll(data, []byte{version})
		}
		var rs []Record
		for r, err := range Decode(data) {
			if err != nil {
				return
			}
			rs = append(rs, r)
		}
		if diff := cmp.Diff(rs, decodeAll(t, Encode(rs))); diff != "" {
			t.Errorf("decoded records change in another round trip:\n%s", diff)
		}
	})
}
