package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"os"

	"golang.org/x/term"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/outfile"
	"github.com/inndx/runs/internal/report"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

// report writes the report of a finished run, and returns its counts.
//
// Without a format, the finished run goes to a standard output that is no terminal, as JSON,
// because scripts expect it there. The report then goes to standard error.
func (w *watch) report(
	ctx context.Context, stack *local.Stack, t tenant.ID, name string, finished state, flags *reportFlags,
) (report.Summary, error) {
	format, to := report.Format(flags.format), io.Writer(outfile.Stdout{})
	if format == "" {
		format = report.Text
		if !term.IsTerminal(int(os.Stdout.Fd())) {
			if err := printJSON(finished.raw); err != nil {
				return report.Summary{}, err
			}
			to = w.display
		}
	}
	about := report.Run{
		ID: w.id, Name: name, Status: finished.Status, StopReason: finished.StopReason,
		StartedAt: finished.StartedAt, FinishedAt: finished.FinishedAt,
		Queued: finished.Progress.URLsQueued, JSON: finished.raw,
	}
	r, err := report.Read(logOf(ctx, stack.Store, run.Ref{Tenant: t, ID: w.id}), about, flags.options(format))
	if err != nil {
		return report.Summary{}, err
	}
	return r.Summary(), r.Write(to, format)
}

// logOf returns the log of a run.
func logOf(ctx context.Context, s *store.Store, ref run.Ref) report.Log {
	return func() iter.Seq2[crawllog.Record, error] {
		return func(yield func(crawllog.Record, error) bool) {
			for part, err := range s.LogParts(ctx, ref, 0) {
				if err != nil {
					yield(nil, err)
					return
				}
				for record, err := range crawllog.Decode(part.Data) {
					if !yield(record, err) || err != nil {
						return
					}
				}
			}
		}
	}
}

// printJSON writes an indented JSON text to standard output.
func printJSON(text json.RawMessage) error {
	var pretty bytes.Buffer
	json.Indent(&pretty, text, "", "  ")
	pretty.WriteByte('\n')
	return printOut(pretty.String())
}
