package control

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/display"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/outfile"
	"github.com/inndx/runs/internal/visible"
)

// A listing is a list of the API, and how it is shown.
type listing struct {
	filters []filter
	columns []column
	members []string // the columns of CSV, by their paths
	full    bool     // whether view=full adds the configuration
	id      string   // the member that --ids writes; default: id
	folded  bool     // whether the service first reads the log, which may take several requests
}

// listFlags are the flags of lists.
type listFlags struct {
	limit                int
	json, csv, ids, full bool
}

// defaultLimit is how many items are listed by default.
const defaultLimit = 20

func (f *listFlags) add(cmd *cobra.Command, l *listing) {
	flags := cmd.Flags()
	flags.IntVar(&f.limit, "limit", defaultLimit, "list up to `N` items; 0 lists all")
	flags.BoolVar(&f.json, "json", false, "write JSON Lines: each item on a line, as the API returns it")
	flags.BoolVar(&f.csv, "csv", false, "write CSV")
	flags.BoolVar(&f.ids, "ids", false, "write the ids only, each on a line")
	if l.full {
		flags.BoolVar(&f.full, "full", false, "with --json: write the configurations too")
	}
	addFilters(cmd, l.filters)
}

func (f *listFlags) check() error {
	forms := 0
	for _, given := range []bool{f.json, f.csv, f.ids} {
		if given {
			forms++
		}
	}
	switch {
	case forms > 1:
		return exit.Usagef("--json, --csv and --ids exclude each other")
	case f.full && !f.json:
		return exit.Usagef("--full needs --json")
	case f.limit < 0:
		return exit.Usagef("--limit must be at least 0")
	}
	return nil
}

// newListCommand returns a command that lists what the path has. Path gets the operands.
func newListCommand(s *service, use, short, example string, l *listing, args cobra.PositionalArgs, path func(args []string) (string, error)) *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{Use: use, Short: short, Example: example, Args: args, ValidArgsFunction: cobra.NoFileCompletions}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(); err != nil {
			return err
		}
		at, err := path(args)
		if err != nil {
			return err
		}
		q, err := query(cmd.Flags(), l.filters)
		if err != nil {
			return err
		}
		if l.full && !f.full {
			q.Set("view", "summary")
		}
		c, err := s.client(cmd)
		if err != nil {
			return err
		}
		if err := resolveJobs(cmd.Context(), c, q); err != nil {
			return err
		}
		if l.folded {
			_, read, err := readSeries(cmd, c, at, url.Values{"per_page": {"1"}})
			if err != nil {
				return err
			}
			if o := read.Others; o != nil {
				fmt.Fprintf(os.Stderr, "inndx: some hosts are not listed, because there are too many; together they have %d fetched and %d failed URLs\n", o.Fetched, o.Failed)
			}
		}
		return nameFlags(list(cmd, c, at, q, &f, l), l.filters)
	}
	f.add(cmd, l)
	return cmd
}

// list writes a list page by page.
func list(cmd *cobra.Command, c *client.Client, path string, q url.Values, f *listFlags, l *listing) error {
	d := display.New(os.Stderr)
	d.Release()
	defer d.End()
	w := newItemWriter(f, l)
	perPage := client.MaxPage
	if f.limit > 0 {
		perPage = min(perPage, f.limit)
	}
	for page, err := range c.Pages(cmd.Context(), path, q, perPage) {
		if err != nil {
			return err
		}
		items, err := newItems(page.Items)
		if err != nil {
			return err
		}
		left := f.limit - w.written
		more := page.NextPage != "" || f.limit > 0 && len(items) > left
		if f.limit > 0 {
			items = items[:min(len(items), left)]
		}
		d.Clear()
		if err := w.write(items); err != nil {
			return err
		}
		if f.limit > 0 && w.written == f.limit {
			if more && w.width > 0 {
				fmt.Fprintln(os.Stderr, "there may be more: --limit 0 lists all")
			}
			return nil
		}
		if page.SearchedUntil != nil {
			d.ShowLine("searched until " + page.SearchedUntil.UTC().Format("2006-01-02 15:04:05"))
		}
	}
	return nil
}

func newItems(raws []json.RawMessage) ([]item, error) {
	items := make([]item, len(raws))
	for n, raw := range raws {
		var err error
		if items[n], err = newItem(raw); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// An itemWriter writes items to standard output in the form that the flags name.
type itemWriter struct {
	flags   *listFlags
	listing *listing
	w       io.Writer
	table   table
	csv     *csv.Writer
	written int
	width   int // of the terminal; 0 if standard output is not a terminal
}

func newItemWriter(f *listFlags, l *listing) *itemWriter {
	w := &itemWriter{flags: f, listing: l, w: outfile.Stdout{}}
	if display.IsTerminal(os.Stdout) {
		w.width = max(display.Width(os.Stdout), 0)
	}
	w.table = table{w: w.w, columns: l.columns, width: w.width}
	return w
}

func (w *itemWriter) write(items []item) (err error) {
	w.written += len(items)
	switch {
	case w.flags.csv:
		return w.writeCSV(items)
	case !w.flags.json && !w.flags.ids:
		return w.table.write(items)
	}
	for _, i := range items {
		line := visible.Text(i.text(cmp.Or(w.listing.id, "id")))
		if w.flags.json {
			line = i.line()
		}
		if line == "" { // a queued URL has no id
			continue
		}
		if _, err = io.WriteString(w.w, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// writeCSV writes rows of CSV (RFC 4180), which a spreadsheet takes for no formulas.
func (w *itemWriter) writeCSV(items []item) error {
	if w.csv == nil {
		w.csv = csv.NewWriter(w.w)
		w.csv.UseCRLF = true
		if err := w.csv.Write(w.listing.members); err != nil {
			return err
		}
	}
	for _, i := range items {
		row := make([]string, len(w.listing.members))
		for n, path := range w.listing.members {
			row[n] = visible.Cell(i.text(path))
		}
		if err := w.csv.Write(row); err != nil {
			return err
		}
	}
	w.csv.Flush()
	return w.csv.Error()
}
