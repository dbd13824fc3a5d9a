// Package deploy deploys the stack of template.yaml to an emulator, or to an AWS account where the
// command line of AWS SAM is not installed. The environment of the AWS SDK sets the endpoint, the
// region and the credentials.
package deploy

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/inndx/runs/internal/deploy/template"
)

// maxWait bounds the wait for a change of a stack.
const maxWait = 10 * time.Minute

// A Stack describes what to deploy and where.
type Stack struct {
	Name       string
	Bucket     string            // for the code of the functions; Deploy creates it if it is missing
	Root       string            // the folder of template.yaml and build
	Parameters map[string]string // of the template; Architecture is required
	Config     aws.Config
}

// Architecture returns the value of the template's parameter Architecture for this machine.
func Architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// Deploy creates or updates the stack, waits until it is complete, and returns its outputs.
func (s Stack) Deploy(ctx context.Context) (map[string]string, error) {
	t, err := s.template()
	if err != nil {
		return nil, fmt.Errorf("deploy: read template.yaml: %w", err)
	}
	if err := s.createBucket(ctx); err != nil {
		return nil, fmt.Errorf("deploy: create the bucket %s: %w", s.Bucket, err)
	}
	if err := s.uploadCode(ctx, t); err != nil {
		return nil, fmt.Errorf("deploy: upload the functions: %w", err)
	}
	body, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("deploy: encode the template: %w", err)
	}
	// CloudFormation reads a template of more than 51,200 bytes only from a bucket.
	key := s.key(body, ".json")
	if err := s.upload(ctx, key, body); err != nil {
		return nil, fmt.Errorf("deploy: upload the template: %w", err)
	}
	if err := s.apply(ctx, s.objectURL(key)); err != nil {
		return nil, fmt.Errorf("deploy: %w", err)
	}
	return s.outputs(ctx)
}

// Delete deletes the stack and waits until it is gone. It keeps the table, the bucket of
// the objects, and Bucket.
func (s Stack) Delete(ctx context.Context) error {
	client := cloudformation.NewFromConfig(s.Config)
	if _, err := client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &s.Name}); err != nil {
		return err
	}
	return cloudformation.NewStackDeleteCompleteWaiter(client, func(o *cloudformation.StackDeleteCompleteWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Second, 10*time.Second
	}).Wait(ctx, s.describe(), maxWait)
}

func (s Stack) describe() *cloudformation.DescribeStacksInput {
	return &cloudformation.DescribeStacksInput{StackName: &s.Name}
}

func (s Stack) s3() *s3.Client {
	return s3.NewFromConfig(s.Config, func(o *s3.Options) { o.UsePathStyle = s.endpoint() != "" })
}

// endpoint returns the URL of an emulator, or "" for an account.
func (s Stack) endpoint() string { return aws.ToString(s.Config.BaseEndpoint) }

func (s Stack) objectURL(key string) string {
	if endpoint := s.endpoint(); endpoint != "" {
		return strings.TrimSuffix(endpoint, "/") + "/" + s.Bucket + "/" + key
	}
	return fmt.Sprintf("https://%s.s3.%s.amazonaws.com/%s", s.Bucket, s.Config.Region, key)
}

func (s Stack) createBucket(ctx context.Context) error {
	input := &s3.CreateBucketInput{Bucket: &s.Bucket}
	if s.Config.Region != "us-east-1" { // S3 rejects us-east-1 as a constraint
		input.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{
			LocationConstraint: s3types.BucketLocationConstraint(s.Config.Region),
		}
	}
	_, err := s.s3().CreateBucket(ctx, input)
	if exists := new(s3types.BucketAlreadyOwnedByYou); errors.As(err, &exists) {
		return nil
	}
	return err
}

// template returns template.yaml with its loops expanded, since not every emulator expands them.
func (s Stack) template() (map[string]any, error) {
	data, err := os.ReadFile(filepath.Join(s.Root, "template.yaml"))
	if err != nil {
		return nil, err
	}
	t, err := template.Parse(data)
	if err != nil {
		return nil, err
	}
	if t, err = template.Expand(t); err != nil {
		return nil, err
	}
	s.setConcurrency(t)
	return t, nil
}

// properties returns the properties of the template's resources of a type.
func properties(t map[string]any, resourceType string) (all []map[string]any) {
	resources, _ := t["Resources"].(map[string]any)
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		r, _ := resources[id].(map[string]any)
		if p, ok := r["Properties"].(map[string]any); ok && r["Type"] == resourceType {
			all = append(all, p)
		}
	}
	return all
}

// setConcurrency replaces references to parameters by numbers. Emulators pass the value of a
// parameter to Lambda as text, which Lambda rejects.
func (s Stack) setConcurrency(t map[string]any) {
	for _, source := range properties(t, "AWS::Lambda::EventSourceMapping") {
		scaling, _ := source["ScalingConfig"].(map[string]any)
		reference, _ := scaling["MaximumConcurrency"].(map[string]any)
		name, _ := reference["Ref"].(string)
		if n, err := strconv.Atoi(s.Parameters[name]); err == nil {
			scaling["MaximumConcurrency"] = n
		}
	}
}

// uploadCode uploads the code of the template's functions and sets their CodeUri to it, as
// `sam package` does.
func (s Stack) uploadCode(ctx context.Context, t map[string]any) error {
	for _, function := range properties(t, "AWS::Serverless::Function") {
		uri, _ := function["CodeUri"].(map[string]any)
		folder, ok := uri["Fn::Sub"].(string)
		if !ok {
			return fmt.Errorf("CodeUri is %v, not an Fn::Sub", function["CodeUri"])
		}
		folder = strings.ReplaceAll(folder, "${Architecture}", s.Parameters["Architecture"])
		binary, err := os.ReadFile(filepath.Join(s.Root, folder, "bootstrap"))
		if err != nil {
			return err
		}
		key, err := s.uploadFunction(ctx, binary)
		if err != nil {
			return err
		}
		function["CodeUri"] = "s3://" + s.Bucket + "/" + key
	}
	return nil
}

// pack returns the deployment package of a function. The package contains no times, so equal
// binaries have equal packages.
func pack(binary []byte) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(binary); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}

// uploadFunction stores the package of a function unless the bucket has it. The key contains the
// binary's digest, so CloudFormation deploys only functions that changed.
func (s Stack) uploadFunction(ctx context.Context, binary []byte) (key string, err error) {
	key = s.key(binary, ".zip")
	if _, err := s.s3().HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.Bucket, Key: &key}); err == nil {
		return key, nil
	}
	code, err := pack(binary)
	if err != nil {
		return "", err
	}
	return key, s.upload(ctx, key, code)
}

func (s Stack) key(content []byte, suffix string) string {
	return fmt.Sprintf("%s/%x%s", s.Name, sha256.Sum256(content), suffix)
}

func (s Stack) upload(ctx context.Context, key string, content []byte) error {
	_, err := s.s3().PutObject(ctx, &s3.PutObjectInput{Bucket: &s.Bucket, Key: &key, Body: bytes.NewReader(content)})
	return err
}

// apply creates the stack, or updates it if it exists.
func (s Stack) apply(ctx context.Context, templateURL string) error {
	var parameters []types.Parameter
	for _, name := range slices.Sorted(maps.Keys(s.Parameters)) {
		parameters = append(parameters, types.Parameter{ParameterKey: &name, ParameterValue: aws.String(s.Parameters[name])})
	}
	capabilities := []types.Capability{types.CapabilityCapabilityIam, types.CapabilityCapabilityAutoExpand}
	client := cloudformation.NewFromConfig(s.Config)
	_, err := client.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: &s.Name, TemplateURL: &templateURL, Parameters: parameters, Capabilities: capabilities,
	})
	if exists := new(types.AlreadyExistsException); !errors.As(err, &exists) {
		if err != nil {
			return fmt.Errorf("create the stack: %w", err)
		}
		return s.explain(ctx, cloudformation.NewStackCreateCompleteWaiter(client, func(o *cloudformation.StackCreateCompleteWaiterOptions) {
			o.MinDelay, o.MaxDelay = time.Second, 10*time.Second
		}).Wait(ctx, s.describe(), maxWait))
	}
	_, err = client.UpdateStack(ctx, &cloudformation.UpdateStackInput{
		StackName: &s.Name, TemplateURL: &templateURL, Parameters: parameters, Capabilities: capabilities,
	})
	if err != nil {
		if strings.Contains(err.Error(), "No updates are to be performed") {
			return nil
		}
		return fmt.Errorf("update the stack: %w", err)
	}
	return s.explain(ctx, cloudformation.NewStackUpdateCompleteWaiter(client, func(o *cloudformation.StackUpdateCompleteWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Second, 10*time.Second
	}).Wait(ctx, s.describe(), maxWait))
}

// explain adds the failed resources of the stack to the error.
func (s Stack) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	errs := []error{fmt.Errorf("the stack %s failed: %w", s.Name, err)}
	events, err := cloudformation.NewFromConfig(s.Config).DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &s.Name})
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, e := range events.StackEvents {
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") {
			errs = append(errs, fmt.Errorf("%s: %s", aws.ToString(e.LogicalResourceId), aws.ToString(e.ResourceStatusReason)))
		}
	}
	return errors.Join(errs...)
}

func (s Stack) outputs(ctx context.Context) (map[string]string, error) {
	found, err := cloudformation.NewFromConfig(s.Config).DescribeStacks(ctx, s.describe())
	if err != nil {
		return nil, err
	}
	outputs := map[string]string{}
	for _, o := range found.Stacks[0].Outputs {
		outputs[*o.OutputKey] = *o.OutputValue
	}
	return outputs, nil
}
