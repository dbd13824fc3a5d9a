package crawl

import (
	"fmt"
	"time"

	"github.com/inndx/runs/internal/crawllog"
)

// ManyRecords returns the log of a crawl of n URLs of 100 hosts, half of them fetched.
func ManyRecords(n int) [][]byte {
	var records []crawllog.Record
	at := time.UnixMilli(1e12).UTC()
	url := func(i int) string {
		return fmt.Sprintf("https://www.host-%d.example.com/some/section-%d/article-%08d.html", i%100, i%1000, i*7919%n)
	}
	for i := range n {
		records = append(records, &crawllog.Found{URL: url(i), Depth: 3})
	}
	for i := range n / 2 {
		records = append(records, &crawllog.Outcome{
			URL: url(i), Depth: 3, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200,
			Latency: time.Duration(i%100) * time.Millisecond, Bytes: int64(i * 31 % 100_000), OccurredAt: at.Add(time.Duration(i) * time.Millisecond),
		})
	}
	return crawllog.Encode(records)
}

// Fold returns the frontier of a log and the bytes of the log.
func Fold(parts [][]byte) (f any, size uint64) {
	fr := newFrontier(1, time.Second, -1)
	for _, part := range parts {
		size += uint64(len(part))
		for r, err := range crawllog.Decode(part) {
			if err != nil {
				panic(err)
			}
			fr.apply(r)
		}
	}
	fr.settle(time.Now())
	return fr, size
}
