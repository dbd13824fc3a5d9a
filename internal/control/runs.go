package control

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/run"
)

var runs = listing{
	filters: []filter{
		{"status", "statuses", words, "in these `STATUSES`: pending, running, paused, finished", stringsOf(run.Statuses())},
		{"stop-reason", "stop_reasons", words, "that finished for these `REASONS`, such as max_urls", stringsOf(run.StopReasons())},
		{"job", "job_ids", texts, "of this `JOB`, by its id or its name; may be repeated", nil},
		{"label", "labels", pairs, "with the label `KEY=VALUE`; may be repeated", nil},
		{"id", "include_ids", words, "with these `IDS`", nil},
		{"exclude-id", "exclude_ids", words, "without these `IDS`", nil},
		{"created-after", "created_after", moment, "created after `TIME`: a timestamp, a date in UTC, or a duration ago such as 24h", nil},
		{"created-before", "created_before", moment, "created before `TIME`", nil},
		{"started-after", "started_after", moment, "started after `TIME`", nil},
		{"started-before", "started_before", moment, "started before `TIME`", nil},
		{"finished-after", "finished_after", moment, "finished after `TIME`", nil},
		{"finished-before", "finished_before", moment, "finished before `TIME`", nil},
		{"updated-after", "updated_after", moment, "whose status changed after `TIME`", nil},
	},
	columns: []column{
		of("ID", "id"), {title: "STATUS", text: func(i item) string { return i.text("status") }, min: 8},
		ageOf("AGE", "created_at"),
		numberOf("FETCHED", "progress.urls_fetched"), numberOf("FAILED", "progress.urls_failed"), numberOf("QUEUED", "progress.urls_queued"),
		of("REASON", "stop_reason"), of("JOB", "job_name"), {title: "LABELS", text: labels},
	},
	members: []string{
		"id", "job_id", "job_name", "status", "stop_reason", "labels", "created_at", "started_at", "paused_at", "finished_at", "updated_at",
		"progress.urls_queued", "progress.urls_fetched", "progress.urls_failed", "progress.urls_excluded", "progress.bytes_fetched", "progress.depth", "progress.waiting_for",
	},
	full: true,
}

func newRunsCommand(s *service) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List, inspect, pause, resume, stop and delete runs",
		Long:  "Runs are executions of jobs. RUN is the id of a run. Several can be given, and - reads ids from\nstandard input.",
	}
	cmd.AddCommand(
		newListCommand(s, "list", "List runs, most recent first",
			"  inndx runs list --status running,paused --label team=research\n  inndx runs list --status running --ids | inndx runs stop -",
			&runs, cobra.NoArgs, func([]string) (string, error) { return "/v1/runs", nil }),
		newGetRunCommand(s),
		newWaitCommand(s),
	)
	for _, a := range []run.Action{run.Pause, run.Resume, run.Stop} {
		cmd.AddCommand(newActionCommand(s, string(a)))
	}
	cmd.AddCommand(
		newDeleteCommand(s, kindRun),
		newHostsCommand(s),
		newMetricsCommand(s),
		newLatencyCommand(s),
	)
	return cmd
}

func newGetRunCommand(s *service) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "get RUN",
		Short:             "Show a run",
		Example:           "  inndx runs get 9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: s.complete(kindRun, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := runPath(args)
			if err != nil {
				return err
			}
			c, err := s.client(cmd)
			if err != nil {
				return err
			}
			i, err := get(cmd.Context(), c, path)
			switch {
			case err != nil:
				return err
			case asJSON:
				return printOut(i.indented())
			}
			return printOut(runSummary(i))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the response of the API, which has the configuration")
	return cmd
}

// runPath returns the path of the run that the operands name, and of what is below it.
func runPath(args []string, below ...string) (string, error) {
	id, err := parseRunID(args[0])
	if err != nil {
		return "", err
	}
	return url.JoinPath("/v1/runs/"+id.String(), below...)
}

// runSummary returns what a person wants to know about a run.
func runSummary(i item) string {
	status := i.text("status")
	if reason := i.text("stop_reason"); reason != "" {
		status += " (" + reason + ")"
	}
	facts := []fact{
		{"run", i.text("id")},
		{"job", i.text("job_id")},
		{"name", i.text("job_name")},
		{"status", status},
		{"labels", labels(i)},
		{"created", stamp(i, "created_at")},
		{"started", stamp(i, "started_at")},
		{"paused", stamp(i, "paused_at")},
		{"finished", stamp(i, "finished_at")},
	}
	if from, to := i.time("started_at"), i.time("finished_at"); !from.IsZero() && !to.IsZero() {
		facts = append(facts, fact{"duration", to.Sub(from).Round(time.Second).String()})
	}
	if reason := i.text("progress.waiting_for"); reason != "" {
		facts = append(facts, fact{"waiting for", reason})
	}
	return summary(append(facts,
		fact{"urls", fmt.Sprintf("%d fetched, %d failed, %d excluded, %d queued", i.number("progress.urls_fetched"),
			i.number("progress.urls_failed"), i.number("progress.urls_excluded"), i.number("progress.urls_queued"))},
		fact{"bytes", size(i.number("progress.bytes_fetched"))},
		fact{"depth", i.text("progress.depth")},
	))
}

func newActionCommand(s *service, action string) *cobra.Command {
	var asJSON bool
	short := map[string]string{"pause": "Pause runs, which can be resumed", "resume": "Resume paused runs", "stop": "End runs, which keep what they recorded"}
	cmd := &cobra.Command{
		Use:               action + " RUN...",
		Short:             short[action],
		Example:           "  inndx runs " + action + " 9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02\n  inndx runs list --job docs --ids | inndx runs " + action + " -",
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: s.complete(kindRun, false),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.each(cmd, args, func(c *client.Client, id string) error {
				path, err := runPath([]string{id}, action)
				if err != nil {
					return err
				}
				i, err := call(cmd.Context(), c, http.MethodPut, path, nil)
				switch {
				case err != nil:
					return err
				case asJSON:
					return printOut(i.line() + "\n")
				}
				return printLine(i.text("id") + " " + i.text("status"))
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON Lines: the run after the action")
	return cmd
}

func newWaitCommand(s *service) *cobra.Command {
	return &cobra.Command{
		Use:   "wait RUN",
		Short: "Wait for the end of a run",
		Long: `Wait for the end of a run. The exit code says how it ended, as that of jobs run --wait. Ctrl-C ends
the waiting, not the run.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: s.complete(kindRun, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseRunID(args[0])
			if err != nil {
				return err
			}
			c, err := s.client(cmd)
			if err != nil {
				return err
			}
			return waitForEnd(cmd.Context(), c, id.String())
		},
	}
}
