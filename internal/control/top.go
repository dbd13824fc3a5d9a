package control

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/display"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/outfile"
	"github.com/inndx/runs/internal/run"
)

const (
	// topRuns bounds the unfinished runs that top shows, the most recent ones.
	topRuns = client.MaxPage
	// topPages bounds the pages that are read for them, because pages may be short.
	topPages = 5
	// topFinished bounds the finished runs that top shows, and topRecent how long ago they ended.
	topFinished = 20
	topRecent   = 15 * time.Minute
	// topFinishedAge is how long the list of finished runs is shown without being read again, if no
	// run ends.
	topFinishedAge = 30 * time.Second
	// rateWindow is the time over which the rate of a run is averaged.
	rateWindow = 10 * time.Second
	// minInterval bounds how often top reads the list.
	minInterval = time.Second
)

var topFilters = []filter{
	{"job", "job_ids", texts, "of this `JOB`, by its id or its name; may be repeated", nil},
	{"label", "labels", pairs, "with the label `KEY=VALUE`; may be repeated", nil},
}

func newTopCommand(s *service) *cobra.Command {
	var interval time.Duration
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Watch the current runs in a live table",
		Long: `Watch the unfinished runs and those that finished in the last 15 minutes. Each time, one request lists
the unfinished runs; another one lists the finished ones after a run ended. q and Ctrl-C end it. If
standard output is not a terminal, it prints the table once.`,
		Example: "  inndx top --label team=research",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if interval < minInterval {
				return exit.Usagef("--interval must be at least %s", minInterval)
			}
			q, err := query(cmd.Flags(), topFilters)
			if err != nil {
				return err
			}
			c, err := s.client(cmd)
			if err != nil {
				return err
			}
			if err := resolveJobs(cmd.Context(), c, q); err != nil {
				return err
			}
			t := newTop(c, q)
			if err := t.refresh(cmd.Context(), time.Now()); err != nil {
				return nameFlags(err, topFilters)
			}
			if !display.IsTerminal(os.Stdout) {
				return (&table{w: outfile.Stdout{}, columns: topColumns}).write(t.items(time.Now()))
			}
			t.client = c.Once() // the next time comes soon
			return t.watch(cmd.Context(), interval)
		},
	}
	addFilters(cmd, topFilters)
	cmd.Flags().DurationVar(&interval, "interval", 2*time.Second, "the `TIME` between two requests")
	return cmd
}

// maxJobWidth bounds the width of a job's name in the table.
const maxJobWidth = 24

var topColumns = []column{
	{title: "STATUS", text: func(i item) string { return i.text("status") }, min: 8},
	ageOf("AGE", "created_at"),
	{title: "URLS/S", text: func(i item) string { return i.text("rate") }, right: true, min: 6},
	numberOf("FETCHED", "progress.urls_fetched"), numberOf("FAILED", "progress.urls_failed"), numberOf("QUEUED", "progress.urls_queued"),
	of("REASON", "stop_reason"), {title: "JOB", text: func(i item) string { return cut(i.text("job_name"), maxJobWidth) }},
	of("ID", "id"),
}

// A top is a live table of runs. Its methods are not safe for concurrent use.
type top struct {
	client     *client.Client
	filter     url.Values
	unfinished []item
	more       bool // whether there are more unfinished runs
	finished   []item
	finishedAt time.Time // when the finished runs were listed
	samples    map[string][]sample
}

// A sample is how many URLs of a run were processed at a time.
type sample struct {
	at        time.Time
	processed int64
}

func newTop(c *client.Client, filter url.Values) *top {
	return &top{client: c, filter: filter, samples: map[string][]sample{}}
}

// refresh reads the unfinished runs, and the finished ones if a run has ended since the last time.
func (t *top) refresh(ctx context.Context, now time.Time) error {
	statuses := stringsOf([]run.Status{run.Pending, run.Running, run.Paused})
	unfinished, more, err := t.list(ctx, topRuns, url.Values{"statuses": statuses})
	if err != nil {
		return err
	}
	here := map[string]bool{}
	for _, i := range unfinished {
		here[i.text("id")] = true
	}
	ended := slices.ContainsFunc(t.unfinished, func(i item) bool { return !here[i.text("id")] })
	if ended || now.Sub(t.finishedAt) > topFinishedAge {
		since := now.Add(-topRecent).UTC().Format(time.RFC3339)
		finished, _, err := t.list(ctx, topFinished, url.Values{"statuses": {string(run.Finished)}, "finished_after": {since}})
		if err != nil {
			return err
		}
		slices.SortStableFunc(finished, func(a, b item) int { return b.time("finished_at").Compare(a.time("finished_at")) })
		t.finished, t.finishedAt = finished, now
	}
	t.unfinished, t.more = unfinished, more
	t.sample(now)
	return nil
}

// list reads up to limit runs.
func (t *top) list(ctx context.Context, limit int, q url.Values) (all []item, more bool, err error) {
	for key, values := range t.filter {
		q[key] = values
	}
	q.Set("view", "summary")
	pages := 0
	for page, err := range t.client.Pages(ctx, "/v1/runs", q, limit) {
		if err != nil {
			return nil, false, err
		}
		items, err := newItems(page.Items)
		if err != nil {
			return nil, false, err
		}
		all = append(all, items...)
		more = page.NextPage != ""
		if pages++; len(all) >= limit || pages == topPages {
			break
		}
	}
	return all, more, nil
}

// sample notes the progress of the unfinished runs.
func (t *top) sample(now time.Time) {
	samples := map[string][]sample{}
	for _, i := range t.unfinished {
		id := i.text("id")
		all := append(t.samples[id], sample{now, i.number("progress.urls_fetched") + i.number("progress.urls_failed")})
		for len(all) > 2 && now.Sub(all[1].at) >= rateWindow {
			all = all[1:]
		}
		samples[id] = all
	}
	t.samples = samples
}

// items returns the rows of the table: each run with its rate.
func (t *top) items(now time.Time) []item {
	var rows []item
	for _, i := range slices.Concat(t.unfinished, t.finished) {
		if s := t.samples[i.text("id")]; len(s) > 1 {
			first, last := s[0], s[len(s)-1]
			rate := float64(last.processed-first.processed) / last.at.Sub(first.at).Seconds()
			i.members = maps.Clone(i.members)
			i.members["rate"] = fmt.Sprintf("%.1f", rate)
		}
		rows = append(rows, i)
	}
	return rows
}

// count returns a line with the number of runs in each status.
func (t *top) count() string {
	n := map[string]int{}
	for _, i := range t.unfinished {
		n[i.text("status")]++
	}
	line := fmt.Sprintf("%d running, %d pending, %d paused", n[string(run.Running)], n[string(run.Pending)], n[string(run.Paused)])
	if t.more {
		line += fmt.Sprintf(" of the last %d", len(t.unfinished))
	}
	return line
}

// watch redraws the table until a key or a signal ends it.
func (t *top) watch(ctx context.Context, interval time.Duration) error {
	s, err := openScreen()
	if err != nil {
		return err
	}
	defer s.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		top *top
		err error
	}
	results := make(chan result, 1)
	next := time.NewTimer(interval)
	defer next.Stop()
	size := time.NewTicker(sizeInterval)
	defer size.Stop()
	problem := ""
	for redraw := true; ; {
		if redraw {
			s.draw(t, problem)
		}
		redraw = true
		select {
		case <-ctx.Done():
			return nil
		case key := <-s.keys:
			if key == 'q' || key == 'Q' || key == ctrlC || key == ctrlD {
				return nil
			}
			redraw = false
		case <-size.C:
			redraw = s.resized()
		case <-next.C:
			changed := *t // a refresh replaces what the table has
			go func() { results <- result{&changed, changed.refresh(ctx, time.Now())} }()
			redraw = false
		case r := <-results:
			next.Reset(interval)
			if problem = ""; r.err == nil {
				t = r.top
				continue
			}
			if !client.Temporary(r.err) {
				return r.err
			}
			problem = "the service does not respond: " + r.err.Error()
		}
	}
}
