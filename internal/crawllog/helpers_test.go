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
	// Some facts repeat, so that the predictions are tested as well.
	page := rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{"https://a.example/", "https://a.example/1", "https://b.example/"}), url)
	fact := rapid.OneOf(rapid.Just(""), rapid.SampledFrom([]string{"text/html", "text/plain"}), rapid.StringN(0, 30, maxFactBytes))
	digest := rapid.Custom(func(t *rapid.T) (d Digest) {
		d[0] = byte(rapid.IntRange(0, 3).Draw(t, "digest"))
		return d
	})
	number := rapid.OneOf(rapid.Int64Range(0, 300), rapid.Int64Range(0, maxNumber/2))
	location := rapid.Custom(func(t *rapid.T) Location {
		return Location{rapid.SampledFrom([]string{"o", "p"}).Draw(t, "object"), number.Draw(t, "offset"), number.Draw(t, "length")}
	})
	artifact := rapid.Custom(func(t *rapid.T) Artifact {
		a := Artifact{
			Kind: rapid.SampledFrom(Kinds()).Draw(t, "kind"), PipelineID: fact.Draw(t, "pipeline"),
			Directory: fact.Draw(t, "directory"), KeyStrategy: fact.Draw(t, "strategy"), ContentType: fact.Draw(t, "type"),
			Size: number.Draw(t, "size"), Digest: digest.Draw(t, "digest"), Location: location.Draw(t, "location"),
			Original: rapid.OneOf(rapid.Just(Location{}), location).Draw(t, "original"), Truncated: rapid.Bool().Draw(t, "truncated"),
		}
		if a.Kind == Asset {
			a.Page = page.Draw(t, "page")
		}
		return a
	})
	records := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Record {
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			return &Discovered{
				URL: url.Draw(t, "url"), Depth: small.Draw(t, "depth"),
				Redirects: small.Draw(t, "redirects"), Seed: rapid.Bool().Draw(t, "seed"), Referrer: page.Draw(t, "referrer"),
				Check: rapid.Bool().Draw(t, "check"), Asset: rapid.Bool().Draw(t, "asset"), AssetOf: rapid.SampledFrom([]uint32{0, 0, 1, 2, 1 << 31}).Draw(t, "asset of"),
				WasExcluded: rapid.Bool().Draw(t, "was excluded"),
			}
		case 1:
			o := &Outcome{
				URL: url.Draw(t, "url"), Depth: small.Draw(t, "depth"),
				Step: rapid.SampledFrom(steps).Draw(t, "step"), Status: rapid.SampledFrom(statuses).Draw(t, "status"),
				ErrorReason: rapid.StringN(0, 20, 80).Draw(t, "reason"), ErrorDetail: rapid.StringN(0, 50, 200).Draw(t, "detail"),
				HTTPStatus: rapid.IntRange(0, 999).Draw(t, "http"), Latency: time.Duration(small.Draw(t, "ms")) * time.Millisecond,
				Bytes: rapid.Int64Range(0, 1<<40).Draw(t, "bytes"), OccurredAt: instant.Draw(t, "at"),
				HoldHost: instant.Draw(t, "until"),
				Referrer: page.Draw(t, "referrer"), ContentType: fact.Draw(t, "type"), Title: fact.Draw(t, "title"),
				RedirectURL: page.Draw(t, "redirect"), Digest: digest.Draw(t, "digest"), Attempt: small.Draw(t, "attempt"),
			}
			if rapid.Bool().Draw(t, "keeps") {
				o.Artifacts = rapid.SliceOfN(artifact, 1, 4).Draw(t, "artifacts")
			}
			o.Check = rapid.Bool().Draw(t, "check")
			o.Again = rapid.Bool().Draw(t, "again")
			if o.HasDelay = o.Step != Schedule && rapid.Bool().Draw(t, "has delay"); o.HasDelay {
				o.Delay = time.Duration(small.Draw(t, "delay")) * time.Millisecond
			}
			o.Sitemap = o.Status == Error && rapid.Bool().Draw(t, "sitemap")
			return o
		case 2:
			return &Retry{
				URL: url.Draw(t, "url"), Attempt: small.Draw(t, "attempt"), Due: instant.Draw(t, "due"),
				HoldHost: rapid.Bool().Draw(t, "hold"), OccurredAt: instant.Draw(t, "at"), Referrer: page.Draw(t, "referrer"),
			}
		}
		if rapid.Bool().Draw(t, "links") {
			return &Edges{From: page.Draw(t, "from"), To: rapid.SliceOfN(page, 1, 20).Draw(t, "to")}
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
	if rapid.Bool().Draw(t, "queue length") {
		records = append(records, &QueueLength{URLs: rapid.Int64Range(0, 1<<40).Draw(t, "queued"), At: instant.Draw(t, "at")})
	}
	return records
}
