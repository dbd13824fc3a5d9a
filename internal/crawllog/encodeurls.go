package crawllog

import (
	"github.com/inndx/runs/internal/weburl"
)

// url writes a URL.
func (w *factsWriter) url(id int, last *recent, predicted, url string) {
	c := &w.columns[id]
	url = clip(url, MaxStringBytes)
	switch url {
	case "":
		c.putUint(urlNone)
	case predicted:
		c.putUint(urlPredicted)
	default:
		i := last.index(url)
		if i >= 0 {
			c.putUint(int64(urlRecent + i))
		} else {
			c.putUint(int64(urlReference + w.reference(url)))
		}
		last.front(i, url)
	}
}

// reference returns the reference to a URL that is not empty and not too long.
func (w *factsWriter) reference(url string) int {
	if w.references == nil {
		w.references = map[string]int{}
	}
	for ; w.mapped < len(w.urls); w.mapped++ {
		if u := w.urls[w.mapped]; u != "" {
			if _, ok := w.references[u]; !ok {
				w.references[u] = 2 * w.mapped
			}
		}
	}
	ref, ok := w.references[url]
	if !ok {
		ref = 2*w.added + 1
		w.references[url] = ref
		if w.added == 0 && len(w.urls) > 0 {
			w.lastAdded = w.urls[0]
		}
		n := weburl.SharedPrefix(w.lastAdded, url)
		c := &w.columns[columnURLs]
		c.putUint(int64(n))
		c.putString(url[n:])
		c.used = true
		w.lastAdded = url
		w.added++
		w.addedBytes += len(url)
	}
	return ref
}
