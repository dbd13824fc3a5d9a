package store

import (
	"context"
	"encoding/json"

	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/store/listing"
)

// Bounds of the response that shows a page. A Lambda function returns at most 6 MB; see
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. The response is JSON in
// a string of JSON, which can double its size, so a page is at most half as large.
const (
	maxPageBytes  = 3_000_000
	itemPageBytes = 1 << 10 // of an item without its configuration and labels
)

// readPage returns a page of the list. It searches for one item more than the page holds, so that
// a page that ends at the last item is known to be the last. size returns the bytes of an item's
// configuration and labels in the response.
func readPage[I any](
	ctx context.Context, l listing.List[I], size func(I) int, p paging.Request,
) (paging.Page[I], error) {
	l.MaxBytes = maxPageBytes
	after, err := l.After(p.Cursor)
	if err != nil {
		return paging.Page[I]{}, err
	}
	items, reached, err := l.Search(ctx, after, p.Limit+1)
	if err != nil {
		return paging.Page[I]{}, classify(err, "list")
	}
	page := paging.Page[I]{Items: items}
	if n := fit(items, size, p.Limit); n < len(items) {
		page.Items = items[:n]
		page.Next = l.Cursor(l.Key(items[n-1]))
	} else if reached != "" {
		page.Next = l.Cursor(reached)
		if page.SearchedUntil, _, err = keys.ParseCreated(reached); err != nil {
			return paging.Page[I]{}, classify(err, "list")
		}
	}
	return page, nil
}

// mapPage returns the page with each item converted.
func mapPage[I, O any](items paging.Page[I], convert func(I) O) paging.Page[O] {
	page := paging.Page[O]{Items: make([]O, len(items.Items)), Next: items.Next, SearchedUntil: items.SearchedUntil}
	for i, item := range items.Items {
		page.Items[i] = convert(item)
	}
	return page
}

// fit returns how many of the items fit a page: at most limit, at most maxPageBytes of response,
// and at least one.
func fit[I any](items []I, size func(I) int, limit int) int {
	total := 0
	for n, item := range items {
		total += size(item) + itemPageBytes
		if n > 0 && (n >= limit || total > maxPageBytes) {
			return n
		}
	}
	return len(items)
}

// configBytes returns how many bytes of a configuration of n bytes the response has.
func configBytes(p paging.Request, n int) int {
	if p.Summary {
		return 0
	}
	return n
}

// labelBytes returns how many bytes the labels take in a response, with the escapes of JSON.
func labelBytes(labels map[string]string) int {
	encoded, err := json.Marshal(labels)
	if err != nil {
		panic(err) // text can always be encoded
	}
	return len(encoded)
}
