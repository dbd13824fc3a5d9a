package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/display"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/visible"
)

// waitFlags are the flags of commands that create a run.
type waitFlags struct {
	wait, follow, json bool
	logs               listFlags
}

func (w *waitFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&w.wait, "wait", false, "wait for the end of the run, and exit with 1 if it was stopped or abandoned, with 3 if it fetched nothing")
	cmd.Flags().BoolVar(&w.follow, "follow", false, "print the log until the run ends, in the order of the log, like logs --follow; implies --wait")
	cmd.Flags().BoolVar(&w.json, "json", false, "write the response of the API; with --follow: write the log as JSON Lines")
	addFilters(cmd, logFilters)
}

func (w *waitFlags) check(cmd *cobra.Command) error {
	q, err := query(cmd.Flags(), logFilters)
	if err == nil && len(q) > 0 && !w.follow {
		return exit.Usagef("the filters of the log need --follow")
	}
	return err
}

// after prints the ids of what was created, of which the last is the run, and then waits for the end
// of the run if the flags say so. With --follow, standard output gets the log only.
func (w *waitFlags) after(cmd *cobra.Command, c *client.Client, ids []string, created item) error {
	runID := ids[len(ids)-1]
	text := ""
	for _, id := range ids {
		text += visible.Text(id) + "\n"
	}
	switch {
	case w.follow:
		fmt.Fprint(os.Stderr, text)
	case w.json:
		if err := printOut(created.indented()); err != nil {
			return err
		}
	default:
		if err := printOut(text); err != nil {
			return err
		}
	}
	switch {
	case w.follow:
		q, err := query(cmd.Flags(), logFilters)
		if err != nil {
			return err
		}
		w.logs.json = w.json
		f := newFollower(c, runID, q, newItemWriter(&w.logs, &logs))
		last, err := f.follow(cmd.Context(), 0)
		if err != nil {
			return goesOn(cmd.Context(), runID, nameFlags(err, logFilters))
		}
		return resultOf(last, runID)
	case w.wait:
		return waitForEnd(cmd.Context(), c, runID)
	}
	return nil
}

// A state is what the command reads of a run.
type state struct {
	Status     run.Status     `json:"status"`
	StopReason run.StopReason `json:"stop_reason"`
	Progress   struct {
		run.Progress
		WaitingFor run.WaitReason `json:"waiting_for"`
	} `json:"progress"`
}

// A waiter waits for changes of a run.
type waiter struct {
	client *client.Client
	path   string
	// polls says that the service does not know the parameter wait. Then the waiter sleeps.
	polls bool
}

// maxWait bounds the parameter wait.
const maxWait = 20 * time.Second

// next returns the run when its status is not last any more, or after d, which is whole seconds. If
// last is empty, it returns at once.
func (w *waiter) next(ctx context.Context, last run.Status, d time.Duration) (s state, err error) {
	began := time.Now()
	switch {
	case last == "":
	case w.polls:
		if err := sleep(ctx, d); err != nil {
			return s, err
		}
	default:
		q := url.Values{"wait": {strconv.Itoa(int(min(d, maxWait).Seconds())) + "s"}, "while": {string(last)}}
		err = w.client.Get(ctx, w.path+"?"+q.Encode(), &s)
		switch {
		case refusesWait(err):
			w.polls = true
			return w.next(ctx, last, d)
		case err == nil && s.Status == last: // a service must not make the command call without a pause
			err = sleep(ctx, min(d, time.Second)-time.Since(began))
		}
		return s, err
	}
	err = w.client.Get(ctx, w.path, &s)
	return s, err
}

// refusesWait reports whether the service does not know the parameter wait, as older ones do not.
func refusesWait(err error) bool {
	var refused *client.Error
	return errors.As(err, &refused) && (refused.Code == http.StatusUnprocessableEntity || refused.Code == http.StatusBadRequest)
}

// sleep waits for d. Its error is that of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitForEnd shows the progress of a run until it ends. The error says how it ended.
func waitForEnd(ctx context.Context, c *client.Client, runID string) error {
	d := display.New(os.Stderr)
	d.Release()
	defer d.End()
	w := waiter{client: c, path: "/v1/runs/" + runID}
	interval := 5 * time.Second
	if display.IsTerminal(os.Stderr) {
		interval = time.Second
	}
	for last := run.Status(""); ; {
		s, err := w.next(ctx, last, interval)
		if err != nil {
			d.Clear()
			return goesOn(ctx, runID, err)
		}
		d.Show(s.Status, s.Progress.Progress, s.Progress.WaitingFor, time.Now())
		if last = s.Status; last == run.Finished {
			d.End()
			return resultOf(s, runID)
		}
	}
}

// goesOn returns the error, and what the user should know if Ctrl-C or a service that does not respond
// ended the waiting.
func goesOn(ctx context.Context, runID string, err error) error {
	if ctx.Err() != nil {
		return &exit.InterruptedError{Hint: "the run goes on; inndx runs stop " + runID + " ends it"}
	}
	if client.Temporary(err) {
		return fmt.Errorf("the waiting ended, but the run may go on; inndx runs wait %s continues: %w", runID, err)
	}
	return err
}

// resultOf returns an error if a finished run did not end by itself or fetched nothing, as that of
// inndx crawl.
func resultOf(s state, runID string) error {
	switch {
	case s.StopReason == run.Unknown:
		return errors.New("the service abandoned the run after repeated failures, which its log shows")
	case s.StopReason == run.Manual:
		return errors.New("the run was stopped before its end")
	case s.Progress.URLsFetched == 0:
		return &exit.EmptyCrawlError{Reason: "inndx logs " + runID + " shows why"}
	}
	return nil
}
