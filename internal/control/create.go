package control

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/manifest"
)

// jobFlags are the flags that describe a job.
type jobFlags struct {
	file, name     string
	labels, remove []string
}

func (f *jobFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "the manifest `FILE`, in YAML or JSON; - is standard input")
	cmd.Flags().StringVar(&f.name, "name", "", "the `NAME` of the job")
	cmd.Flags().StringArrayVar(&f.labels, "label", nil, "the label `KEY=VALUE`, beside the others; may be repeated")
}

// read reads the manifest, with the flags in place of what it says. Without a file it is empty.
func (f *jobFlags) read(ctx context.Context) (body map[string]json.RawMessage, d *manifest.Document, err error) {
	body = map[string]json.RawMessage{}
	if f.file != "" {
		if body, d, err = readManifest(ctx, f.file); err != nil {
			return nil, nil, err
		}
	}
	if f.name != "" {
		body["name"], _ = json.Marshal(f.name)
	}
	if len(f.labels) > 0 && f.file != "" {
		err = f.setLabels(body)
	}
	return body, d, err
}

// setLabels changes the labels of the body as the flags say.
func (f *jobFlags) setLabels(body map[string]json.RawMessage) error {
	given := map[string]json.RawMessage{}
	if text := body["labels"]; text != nil {
		if err := json.Unmarshal(text, &given); err != nil {
			return exit.Usagef("--label cannot be added to labels that are no object")
		}
	}
	all := maps.Clone(given)
	if all == nil {
		all = map[string]json.RawMessage{}
	}
	for _, pair := range f.labels {
		key, value, err := parsePair("label", pair)
		if err != nil {
			return err
		}
		all[key], _ = json.Marshal(value)
	}
	for _, key := range f.remove {
		delete(all, key)
	}
	body["labels"], _ = json.Marshal(all)
	return nil
}

// readManifest reads a manifest without checking it, because the service does.
func readManifest(ctx context.Context, file string) (body map[string]json.RawMessage, d *manifest.Document, err error) {
	var data []byte
	if file == "-" {
		data, err = readStdin(ctx)
	} else {
		data, err = os.ReadFile(file)
	}
	switch {
	case ctx.Err() != nil:
		return nil, nil, err
	case err != nil:
		return nil, nil, exit.Usagef("%v", err)
	}
	d, err = manifest.Read(file, data)
	var wrong *manifest.Error
	if errors.As(err, &wrong) {
		return nil, nil, &exit.UsageError{Lines: wrong.Lines}
	}
	if err != nil {
		return nil, nil, err
	}
	if json.Unmarshal(d.JSON, &body) != nil || body == nil {
		return nil, nil, exit.Usagef("%s: the manifest must be an object", file)
	}
	return body, d, nil
}

// inManifest gives the fields of an error of the service their lines in the manifest.
func inManifest(err error, d *manifest.Document) error {
	var refused *client.Error
	if d == nil || !errors.As(err, &refused) || len(refused.Fields) == 0 {
		return err
	}
	return &exit.UsageError{Lines: d.Lines(refused.Fields)}
}

func newCreateJobCommand(s *service) *cobra.Command {
	var f jobFlags
	var w waitFlags
	var run bool
	cmd := &cobra.Command{
		Use:   "create -f FILE",
		Short: "Create a job from a manifest",
		Long: `Create a job from a manifest, and print its id. --run creates its first run too, and prints the id of
the run on a second line. Either both are created or neither. What is wrong with the manifest is named
with its line and column.`,
		Example: `  inndx jobs create -f docs.yaml --label team=research
  inndx jobs create -f - --run --follow < docs.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.file == "" {
				return exit.Usagef("jobs create needs -f FILE")
			}
			if err := w.check(cmd); err != nil {
				return err
			}
			if (w.wait || w.follow) && !run {
				return exit.Usagef("--wait and --follow need --run")
			}
			body, d, err := f.read(cmd.Context())
			if err != nil {
				return err
			}
			c, err := s.client(cmd)
			if err != nil {
				return err
			}
			return createJob(cmd, c, body, d, run, &w)
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&run, "run", false, "create the first run too")
	w.add(cmd)
	return cmd
}

func createJob(cmd *cobra.Command, c *client.Client, body map[string]json.RawMessage, d *manifest.Document, run bool, w *waitFlags) error {
	path := "/v1/jobs"
	if run {
		path += "?create_run=true"
	}
	created, err := call(cmd.Context(), c, http.MethodPost, path, body)
	if err != nil {
		return inManifest(err, d)
	}
	ids := []string{created.text("id")}
	if run {
		ids = append(ids, created.text("run.id"))
	}
	return w.after(cmd, c, ids, created)
}

func newUpdateJobCommand(s *service) *cobra.Command {
	var f jobFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "update JOB",
		Short: "Change a job",
		Long: `Change a job. -f replaces its name, labels and configuration by those of a manifest. Without -f,
--name and --label change only these. Existing runs stay as they are.`,
		Example: `  inndx jobs update docs -f docs.yaml
  inndx jobs update docs --label team=search --remove-label owner`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: s.complete(kindJob, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.file == "" && f.name == "" && len(f.labels) == 0 && len(f.remove) == 0 {
				return exit.Usagef("jobs update needs -f FILE, --name, --label or --remove-label")
			}
			body, d, err := f.read(cmd.Context())
			if err != nil {
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
			updated, err := f.update(cmd.Context(), c, "/v1/jobs/"+job, body)
			switch {
			case err != nil:
				return inManifest(err, d)
			case asJSON:
				return printOut(updated.indented())
			}
			return printLine(updated.text("id"))
		},
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&f.remove, "remove-label", nil, "remove the label `KEY`; may be repeated")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the response of the API")
	return cmd
}

// updateAttempts bounds how often an update starts again because another one came first.
const updateAttempts = 5

// update changes the job. Single labels are changed in the labels that the job has at that moment.
func (f *jobFlags) update(ctx context.Context, c *client.Client, path string, body map[string]json.RawMessage) (item, error) {
	merge := f.file == "" && len(f.labels)+len(f.remove) > 0
	for attempt := 1; ; attempt++ {
		header := http.Header{}
		if merge {
			current, etag, err := c.Tagged(ctx, path)
			if err != nil {
				return item{}, err
			}
			var job struct {
				Labels json.RawMessage `json:"labels"`
			}
			if err := json.Unmarshal(current, &job); err != nil {
				return item{}, err
			}
			body["labels"] = job.Labels
			if err := f.setLabels(body); err != nil {
				return item{}, err
			}
			header.Set("If-Match", etag)
		}
		text, err := c.CallWith(ctx, http.MethodPatch, path, header, body)
		var refused *client.Error
		if merge && attempt < updateAttempts && errors.As(err, &refused) && refused.Code == http.StatusPreconditionFailed {
			continue
		}
		if err != nil {
			return item{}, err
		}
		return newItem(text)
	}
}
