//go:build emulator

package deploy_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/deploy/template"
)

// testExpansion compares the template as it is expanded here with the template as the emulator
// expands it. MiniStack expands loops as AWS does: its authors compared it with an account.
func testExpansion(s *stack, _, _ string) {
	data, err := os.ReadFile(filepath.Join(s.deploy.Root, "template.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	original, err := template.Parse(data)
	if err != nil {
		s.t.Fatal(err)
	}
	expanded, err := template.Expand(original)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, resources := range []any{original["Resources"], expanded["Resources"]} {
		for id, r := range resources.(map[string]any) {
			if strings.HasSuffix(id, "Function") { // AWS SAM takes only code in a bucket
				r.(map[string]any)["Properties"].(map[string]any)["CodeUri"] = "s3://bucket/key"
			}
		}
	}
	expanded["Transform"] = original["Transform"] // so the emulator resolves Fn::FindInMap in both
	got := s.process(original)
	for id, want := range s.process(expanded) {
		if diff := cmp.Diff(want, got[id]); diff != "" {
			s.t.Errorf("%s (-expanded here +expanded by the emulator):\n%s", id, diff)
		}
		delete(got, id)
	}
	for id := range got {
		s.t.Errorf("only the emulator's expansion has %s", id)
	}
}

// process returns the resources of a template after all transforms of the emulator. It creates a
// change set for that, and deletes it.
func (s *stack) process(t map[string]any) map[string]any {
	s.t.Helper()
	body, err := json.Marshal(t)
	if err != nil {
		s.t.Fatal(err)
	}
	// The body exceeds the 51,200 bytes that CreateChangeSet takes directly.
	name := "expansion"
	bucket := s3.NewFromConfig(s.deploy.Config, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := bucket.PutObject(s.t.Context(), &s3.PutObjectInput{
		Bucket: &s.deploy.Bucket, Key: &name, Body: bytes.NewReader(body),
	}); err != nil {
		s.t.Fatal(err)
	}
	client := cloudformation.NewFromConfig(s.deploy.Config)
	parameters := []types.Parameter{{ParameterKey: aws.String("AuthMode"), ParameterValue: aws.String("iam")}}
	created, err := client.CreateChangeSet(s.t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: &s.deploy.Name, ChangeSetName: &name, ChangeSetType: types.ChangeSetTypeUpdate,
		TemplateURL:  aws.String(*s.deploy.Config.BaseEndpoint + "/" + s.deploy.Bucket + "/" + name),
		Parameters:   parameters,
		Capabilities: []types.Capability{types.CapabilityCapabilityIam, types.CapabilityCapabilityAutoExpand},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.DeleteChangeSet(s.t.Context(), &cloudformation.DeleteChangeSetInput{ChangeSetName: created.Id})
	processed, err := client.GetTemplate(s.t.Context(), &cloudformation.GetTemplateInput{
		ChangeSetName: created.Id, TemplateStage: types.TemplateStageProcessed,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	var out struct{ Resources map[string]any }
	if err := json.Unmarshal([]byte(*processed.TemplateBody), &out); err != nil {
		s.t.Fatal(err)
	}
	return withoutConstantSubs(out.Resources).(map[string]any)
}

// withoutConstantSubs replaces each Fn::Sub without variables by its text.
func withoutConstantSubs(v any) any {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			v[i] = withoutConstantSubs(item)
		}
	case map[string]any:
		if text, ok := v["Fn::Sub"].(string); ok && !strings.Contains(text, "${") {
			return text
		}
		for key, value := range v {
			v[key] = withoutConstantSubs(value)
		}
	}
	return v
}
