package lambdafn

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/changes"
)

// The function that publishes changes gets those of runs and nothing else, until it takes
// them, and publishes no events but its own.
func TestTemplateChanges(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var tmpl struct {
		Resources struct {
			PublishChangesFunction struct {
				Properties struct {
					Policies []struct {
						Statement []struct {
							Action    []string                     `yaml:"Action"`
							Condition map[string]map[string]string `yaml:"Condition"`
						} `yaml:"Statement"`
					} `yaml:"Policies"`
				} `yaml:"Properties"`
			} `yaml:"PublishChangesFunction"`
			RunChanges struct {
				Properties map[string]any `yaml:"Properties"`
			} `yaml:"RunChanges"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(data, &tmpl); err != nil {
		t.Fatal(err)
	}
	for _, policy := range tmpl.Resources.PublishChangesFunction.Properties.Policies {
		for _, s := range policy.Statement {
			if s.Action[0] == "events:PutEvents" && s.Condition["StringEquals"]["events:source"] != changes.Source {
				t.Errorf("it may publish events of any source: %v", s.Condition)
			}
		}
	}
	source := tmpl.Resources.RunChanges.Properties
	for name, want := range map[string]any{
		"EventSourceArn": "Table.StreamArn", "BisectBatchOnFunctionError": true,
		"FunctionResponseTypes": []any{"ReportBatchItemFailures"}, "MaximumRetryAttempts": int64(-1),
		"DestinationConfig": map[string]any{"OnFailure": map[string]any{"Destination": "LostChangesQueue.Arn"}},
		"FilterCriteria": map[string]any{"Filters": []any{
			map[string]any{"Pattern": `{"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "RUN#"}]}}}}`},
		}},
	} {
		if diff := cmp.Diff(want, source[name]); diff != "" {
			t.Errorf("%s of the event source (-want +template):\n%s", name, diff)
		}
	}
}
