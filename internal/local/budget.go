package local

import (
	"cmp"
	"syscall"

	"github.com/inndx/runs/internal/budget"
)

const (
	// maxFetches bounds the fetches in flight of all runs, also where a process may open more files.
	maxFetches = 2048
	// filesPerFetch is how many files the process may open for each fetch. A budget allows 1.5
	// connections to hosts for a fetch, and the database, the objects and the clients need files
	// too.
	filesPerFetch = 2
	// defaultFiles is assumed where the limit of open files cannot be read.
	defaultFiles = 1024
)

// newBudget returns what the runs of this machine share. They may know memory bytes; 0 is the
// default.
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
