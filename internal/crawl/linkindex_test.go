package crawl

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// A linkIndex finds what a map finds, also when it grew and when it was used before.
func TestLinkIndexAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.IntRange(0, 400), 0, 500).Draw(t, "numbers")
		index, all, want := newLinkIndex(), newLinks(), map[string]int{}
		defer func() {
			index.release()
			releaseLinks(all)
		}()
		for _, n := range numbers {
			url := fmt.Sprint("https://a.example/", n)
			i, ok := want[url]
			if !ok {
				i = -1
			}
			if got := index.find(all, url); got != i {
				t.Fatalf("%s is at %d, want %d", url, got, i)
			}
			if ok {
				continue
			}
			want[url] = len(all)
			all = append(all, link{url: url})
			index.add(all)
		}
	})
}
