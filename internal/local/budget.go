package local

import (
	"cmp"
	"syscall"

	"github.com/inndx/runs/internal/budget"
)

const (
	// maxFetches bounds the fetches in flight of all runs, however many files a process may open.
	maxFetches = 2048
	// filesPerFetch is how many of the files that the process may open are for each fetch. A budget
	// allows 1.5 connections to hosts for a fetch, one of which may have two files while it is
	// dialed, and the database, the objects and the clients need files too.
	filesPerFetch = 3
	// defaultFiles is assumed where the limit of open files cannot be read.
	defaultFiles = 1024
)

// newBudget returns the budget of this machine. memory bounds the bytes of what its runs know; 0 is
// the default.
func newBudget(memory int64) *budget.Budget {
	files := cmp.Or(openFiles(), defaultFiles)
	return budget.New(budget.Limits{Memory: memory, Fetches: int(min(files/filesPerFetch, maxFetches))})
}

// openFiles returns how many files the process may have open, or 0 if that cannot be read. Package os
// has raised the limit to what the system permits.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return uint64(limit.Cur)
}
