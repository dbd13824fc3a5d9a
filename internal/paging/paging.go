// Package paging defines the types of paged lists: the request for a page, and the page. It does no
// I/O.
package paging

import "time"

// A Page is one page of a list.
type Page[T any] struct {
	Items []T
	Next  string // cursor of the next page; empty on the last page
	// SearchedUntil is set if the page is short because the search reached its bounds: every item
	// created after this time was examined. For a log, it is the time of the earliest entry that
	// was examined.
	SearchedUntil time.Time
	// Searched is how much of a run's log was read so far, if the page is short because the search
	// reached its bounds. Only lists that read logs set it.
	Searched *Searched
}

// Searched is how much of a log a walk has read: so many parts of all that it reads. A part that it
// reads several times counts each time.
type Searched struct{ Parts, Of int64 }

// A Request asks for a page of at most Limit items: the first page when Cursor is empty,
// otherwise the page after the one whose Next was Cursor.
type Request struct {
	Cursor  string
	Limit   int
	Summary bool // omit the configurations of jobs and runs, and do not read them
}
