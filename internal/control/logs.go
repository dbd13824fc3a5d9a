package control

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/exit"
)

var logFilters = []filter{
	{"status", "statuses", words, "with these `STATUSES`: ok, error, excluded", stringsOf(crawllog.Statuses())},
	{"reason", "error_reasons", words, "with these `REASONS`, such as http_status,timeout", crawllog.Reasons()},
	{"host", "hosts", words, "of these `HOSTS`, with their ports", nil},
	{"step", "steps", words, "with these `STEPS`: schedule, fetch, parse", []string{"schedule", "fetch", "parse"}},
	{"http-status", "http_statuses", words, "with these `STATUSES` of the response, such as 404,5xx", nil},
	{"content-type", "content_types", words, "with these content `TYPES`, such as text/html,image/*", nil},
	{"depth", "depth", words, "with these `DEPTHS`", nil},
	{"exact-url", "url", text, "of this `URL`", nil},
	{"url-prefix", "url_prefix", text, "of URLs that begin with this `URL`", nil},
	{"occurred-after", "occurred_after", moment, "that occurred after `TIME`: a timestamp, a date in UTC, or a duration ago such as 5m", nil},
	{"occurred-before", "occurred_before", moment, "that occurred before `TIME`", nil},
}

var logs = listing{
	filters: logFilters,
	columns: []column{
		timeOf("TIME", "occurred_at"),
		{title: "STATUS", text: func(i item) string { return i.text("status") }, min: 8},
		numberOf("HTTP", "http_status"),
		{title: "MS", text: func(i item) string { return i.text("latency_ms") }, right: true, min: 5},
		{title: "SIZE", text: sizeOf("", "bytes").text, right: true, min: 8},
		{title: "REASON", text: func(i item) string { return i.text("error_reason") }, min: 11},
		{title: "URL", text: func(i item) string {
			s := i.text("url")
			if to := i.text("redirect_url"); to != "" {
				s += " -> " + to
			}
			if detail := i.text("error_detail"); detail != "" {
				s += " (" + detail + ")"
			}
			return s
		}},
	},
	members: strings.Fields(`id run_id job_id url url_hash host step status error_reason error_detail http_status latency_ms bytes
		content_type title redirect_url digest attempt check depth referrer occurred_at`),
}

func newLogsCommand(s *service) *cobra.Command {
	var follow bool
	cmd := newListCommand(s, "logs RUN", "List or follow what happened to the URLs of a run",
		"  inndx logs 9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02 --status error\n  inndx logs 9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02 --follow --json",
		&logs, cobra.ExactArgs(1), func(args []string) (string, error) { return runPath(args, "logs") })
	cmd.Long = `List what happened to the URLs of a run, the last recorded first.

--follow prints the last N entries and then every new one in the order of the log, until the run ends.
inndx export makes a file of a whole log.`
	cmd.ValidArgsFunction = s.complete(kindRun, true)
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "print new entries until the run ends; --limit is how many earlier ones come first")
	list := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !follow {
			return list(cmd, args)
		}
		return followLogs(cmd, s, args[0])
	}
	return cmd
}

func followLogs(cmd *cobra.Command, s *service, operand string) error {
	id, err := parseRunID(operand)
	if err != nil {
		return err
	}
	f := listFlagsOf(cmd)
	if err := f.check(); err != nil {
		return err
	}
	if f.csv || f.ids {
		return exit.Usagef("--follow prints a table, or --json")
	}
	q, err := query(cmd.Flags(), logFilters)
	if err != nil {
		return err
	}
	c, err := s.client(cmd)
	if err != nil {
		return err
	}
	_, err = newFollower(c, id.String(), q, newItemWriter(f, &logs)).follow(cmd.Context(), f.limit)
	return nameFlags(err, logFilters)
}

// listFlagsOf returns the flags of a list that were given to the command.
func listFlagsOf(cmd *cobra.Command) *listFlags {
	f := new(listFlags)
	f.limit, _ = cmd.Flags().GetInt("limit")
	f.json, _ = cmd.Flags().GetBool("json")
	f.csv, _ = cmd.Flags().GetBool("csv")
	f.ids, _ = cmd.Flags().GetBool("ids")
	return f
}
