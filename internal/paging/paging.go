// Package paging holds the types of paged lists: what a caller asks for and what it gets. It
// does no I/O.
package paging

import "time"

// A Page is one page of a list.
type Page[T any] struct {
	Items []T
	Next  string // cursor of the next page; empty on the last page
	// SearchedUntil is set when the page is short because the read reached its bounds: every
	// item created after this time was examined. For a log it is the time of the entry that the
	// read reached.
	SearchedUntil time.Time
}

// A Request asks for a page of at most Limit items: the first page when Cursor is empty,
// otherwise the page after the one whose Next was Cursor.
type Request struct {
	Cursor  string
	Limit   int
	Summary bool // omit the configurations of jobs and runs, and do not read them
}
