package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/manifest"
	"github.com/inndx/runs/internal/visible"
)

var jobs = listing{
	filters: []filter{
		{"name", "names", texts, "with this `NAME`; may be repeated", nil},
		{"label", "labels", pairs, "with the label `KEY=VALUE`; may be repeated", nil},
		{"id", "include_ids", words, "with these `IDS`", nil},
		{"exclude-id", "exclude_ids", words, "without these `IDS`", nil},
		{"created-after", "created_after", moment, "created after `TIME`: a timestamp, a date in UTC, or a duration ago such as 24h", nil},
		{"created-before", "created_before", moment, "created before `TIME`", nil},
	},
	columns: []column{
		of("ID", "id"), ageOf("AGE", "created_at"), ageOf("UPDATED", "updated_at"), of("NAME", "name"),
		{title: "LABELS", text: labels},
	},
	members: []string{"id", "name", "labels", "created_at", "updated_at"},
	full:    true,
}

func newJobsCommand(s *service) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "jobs",
		Short: "List, create, run, change and delete jobs",
		Long: `Jobs describe crawls, and runs execute them. JOB is the id of a job, or its name if no other job has
that name.`,
	}
	cmd.AddCommand(
		newListCommand(s, "list", "List jobs, most recent first", "  inndx jobs list --label team=research --json", &jobs, cobra.NoArgs,
			func([]string) (string, error) { return "/v1/jobs", nil }),
		newGetJobCommand(s),
		newCreateJobCommand(s),
		newUpdateJobCommand(s),
		newRunJobCommand(s),
		newDeleteCommand(s, kindJob),
	)
	return cmd
}

// findJob returns the id of the job with an id or a name.
func findJob(ctx context.Context, c *client.Client, job string) (string, error) {
	if id, err := uuid.Parse(job); err == nil {
		return id.String(), nil
	}
	var found []string
	for page, err := range c.Pages(ctx, "/v1/jobs", url.Values{"names": {job}, "view": {"summary"}}, client.MaxPage) {
		if err != nil {
			return "", err
		}
		items, err := newItems(page.Items)
		if err != nil {
			return "", err
		}
		for _, i := range items {
			found = append(found, i.text("id"))
		}
		if len(found) > 1 {
			return "", exit.Usagef("%d or more jobs have the name %q: name one by its id: %s", len(found), job, strings.Join(found[:min(3, len(found))], ", "))
		}
	}
	if len(found) == 0 {
		return "", noJobError(job)
	}
	return found[0], nil
}

// A noJobError is a name that no job has.
type noJobError string

func (e noJobError) Error() string { return fmt.Sprintf("no job has the name %q", string(e)) }

// ExitCode returns the code for what the service does not have.
func (noJobError) ExitCode() int { return exit.NotFound }

// resolveJobs replaces names of jobs in the parameter job_ids by their ids.
func resolveJobs(ctx context.Context, c *client.Client, q url.Values) error {
	for n, job := range q["job_ids"] {
		id, err := findJob(ctx, c, job)
		if err != nil {
			return err
		}
		q["job_ids"][n] = id
	}
	return nil
}

func newGetJobCommand(s *service) *cobra.Command {
	var asJSON, asManifest bool
	cmd := &cobra.Command{
		Use:               "get JOB",
		Short:             "Show a job",
		Example:           "  inndx jobs get docs --manifest > docs.yaml",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: s.complete(kindJob, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON && asManifest {
				return exit.Usagef("--json and --manifest exclude each other")
			}
			c, err := s.client(cmd)
			if err != nil {
				return err
			}
			id, err := findJob(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			i, err := get(cmd.Context(), c, "/v1/jobs/"+id)
			if err != nil {
				return err
			}
			text, err := manifestOf(i)
			switch {
			case asJSON:
				return printOut(i.indented())
			case err != nil:
				return err
			case asManifest:
				return printOut(text)
			}
			return printOut(summary([]fact{
				{"job", i.text("id")},
				{"created", stamp(i, "created_at")},
				{"updated", stamp(i, "updated_at")},
			}) + "\n" + text)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the response of the API")
	cmd.Flags().BoolVar(&asManifest, "manifest", false, "write the manifest, as jobs create reads it")
	return cmd
}

// manifestOf returns the manifest of a job in YAML, or in JSON, which YAML includes, if only that can
// show each character.
func manifestOf(i item) (string, error) {
	var job struct {
		Name   json.RawMessage `json:"name"`
		Labels json.RawMessage `json:"labels"`
		Config json.RawMessage `json:"config"`
	}
	if err := json.Unmarshal(i.raw, &job); err != nil {
		return "", err
	}
	text, err := json.Marshal(job)
	if err != nil {
		return "", err
	}
	formatted, err := manifest.FormatJSON(text)
	for line := range strings.SplitSeq(string(formatted), "\n") {
		if visible.Text(line) != line {
			return item{raw: text}.indented(), nil
		}
	}
	return string(formatted), err
}

func newRunJobCommand(s *service) *cobra.Command {
	var w waitFlags
	cmd := &cobra.Command{
		Use:   "run JOB",
		Short: "Create a run of a job",
		Long: `Create a run of a job, and print its id. --wait waits for its end, and --follow prints its log
meanwhile; the exit code then says how it ended. Ctrl-C ends the waiting, not the run.`,
		Example: `  inndx jobs run docs
  inndx jobs run docs --follow --status error`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: s.complete(kindJob, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := w.check(cmd); err != nil {
				return err
			}
			c, err := s.client(cmd)
			if err != nil {
				return err
			}
			job, err := findJob(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			created, err := call(cmd.Context(), c, http.MethodPost, "/v1/jobs/"+job+"/runs", map[string]any{})
			if err != nil {
				return err
			}
			return w.after(cmd, c, []string{created.text("id")}, created)
		},
	}
	w.add(cmd)
	return cmd
}
