package client

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// MaxPage is how many items a page of a list has at most.
const MaxPage = 100

// A Page is a page of a list.
type Page struct {
	Items []json.RawMessage `json:"items"`
	// SearchedUntil says how far back a page was searched that has fewer items than were asked for.
	SearchedUntil *time.Time `json:"searched_until"`
	// NextPage is empty on the last page.
	NextPage string `json:"next_page"`
}

// Pages returns the pages of a list, each of at most perPage items. Pages may be empty.
func (c *Client) Pages(ctx context.Context, path string, query url.Values, perPage int) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		query = maps.Clone(query)
		if query == nil {
			query = url.Values{}
		}
		query.Set("per_page", strconv.Itoa(min(perPage, MaxPage)))
		for {
			var page Page
			if err := c.Get(ctx, path+"?"+query.Encode(), &page); err != nil {
				yield(page, err)
				return
			}
			if !yield(page, nil) || page.NextPage == "" {
				return
			}
			query.Set("page", page.NextPage)
		}
	}
}

// Get reads the JSON at the path into to, which is a pointer.
func (c *Client) Get(ctx context.Context, path string, to any) error {
	text, err := c.Call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}
