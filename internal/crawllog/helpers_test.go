package crawllog

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func decodeAll(t testing.TB, parts [][]byte) []Record {
	t.Helper()
	var got []Record
	for _, p := range parts {
		for r, err := range Decode(p) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r)
		}
	}
	return got
}

// records draws records of all kinds.
func records(t *rapid.T) []Record {
	url := rapid.Custom(func(t *rapid.T) string {
		return "https://" + rapid.SampledFrom([]string{"a.example/", "b.example/x/", ""}).Draw(t, "host") +
			rapid.StringN(0, 40, 2000).Draw(t, "path")
	})
	instant := rapid.Custom(func(t *rapid.T) time.Time {
		ms := rapid.Int64Range(0, 1<<42).Draw(t, "ms")
		if ms == 0 {
			return time.Time{}
		}
		return time.UnixMilli(ms).UTC()
	})
	small := rapid.IntRange(0, 1<<31)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Record {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			return &Discovered{
				URL: url.Draw(t, "url"), Depth: small.Draw(t, "depth"),
				Redirects: small.Draw(t, "redirects"), Seed: rapid.Bool().Draw(t, "seed"),
			}
		case 1:
			o := &Outcome{
				URL: url.Draw(t, "url"), Depth: small.Draw(t, "depth"),
				Step: rapid.SampledFrom(steps).Draw(t, "step"), Status: rapid.SampledFrom(statuses).Draw(t, "status"),
				ErrorReason: rapid.StringN(0, 20, 80).Draw(t, "reason"), ErrorDetail: rapid.StringN(0, 50, 200).Draw(t, "detail"),
				HTTPStatus: rapid.IntRange(0, 999).Draw(t, "http"), Latency: time.Duration(small.Draw(t, "ms")) * time.Millisecond,
				Bytes: rapid.Int64Range(0, 1<<40).Draw(t, "bytes"), OccurredAt: instant.Draw(t, "at"),
				HoldHost: instant.Draw(t, "until"),
			}
			o.Sitemap = o.Status == Error && rapid.Bool().Draw(t, "sitemap")
			return o
		case 2:
			return &Retry{
				URL: url.Draw(t, "url"), Attempt: small.Draw(t, "attempt"), Due: instant.Draw(t, "due"),
				HoldHost: rapid.Bool().Draw(t, "hold"), OccurredAt: instant.Draw(t, "at"),
			}
		}
		if rapid.Bool().Draw(t, "cookie") {
			return &Cookie{
				Origin: "https://a.example:8443", Domain: rapid.SampledFrom([]string{"", "example"}).Draw(t, "domain"), Path: "/" + rapid.StringN(0, 20, 80).Draw(t, "path"),
				Name: rapid.StringN(1, 10, 40).Draw(t, "name"), Value: rapid.StringN(0, 100, 400).Draw(t, "value"),
				Quoted: rapid.Bool().Draw(t, "quoted"), Secure: rapid.Bool().Draw(t, "secure"),
				Expires: time.Unix(rapid.Int64Range(1, 1<<33).Draw(t, "expires"), 0).UTC(), SetAt: instant.Draw(t, "at"),
			}
		}
		return &SeedsRead{}
	}), 0, 60).Draw(t, "records")
}
