// Package deploy brings the stack of template.yaml to anything that speaks AWS's protocols:
// an emulator or an account. It is for where AWS SAM's command line is not at hand or does
// not reach; endpoint, region and credentials are those of the AWS SDK's own environment.
package deploy

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// patience bounds the wait for a stack.
const patience = 10 * time.Minute

// A Stack is what to deploy, and where to.
type Stack struct {
	Name       string
	Bucket     string            // of the functions' code; it is created when it is missing
	Root       string            // the folder of template.yaml and of build
	Arch       string            // of the functions: amd64 or arm64
	Parameters map[string]string // of the template
	Config     aws.Config
}

// Deploy creates or updates the stack, waits until that is done, and returns its outputs.
func (s Stack) Deploy(ctx context.Context) (map[string]string, error) {
	template, err := os.ReadFile(filepath.Join(s.Root, "template.yaml"))
	if err != nil {
		return nil, err
	}
	if err := s.createBucket(ctx); err != nil {
		return nil, fmt.Errorf("deploy: create the bucket %s: %w", s.Bucket, err)
	}
	if template, err = s.uploadCode(ctx, template); err != nil {
		return nil, fmt.Errorf("deploy: upload the functions: %w", err)
	}
	// A template of more than 51,200 bytes goes by way of a bucket.
	key := s.key(template, ".yaml")
	if err := s.upload(ctx, key, template); err != nil {
		return nil, fmt.Errorf("deploy: upload the template: %w", err)
	}
	if err := s.apply(ctx, s.objectURL(key)); err != nil {
		return nil, fmt.Errorf("deploy: %w", err)
	}
	return s.outputs(ctx)
}

// Delete deletes the stack and waits until it is gone. The table is kept, and so is the
// bucket.
func (s Stack) Delete(ctx context.Context) error {
	client := cloudformation.NewFromConfig(s.Config)
	if _, err := client.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &s.Name}); err != nil {
		return err
	}
	return cloudformation.NewStackDeleteCompleteWaiter(client, func(o *cloudformation.StackDeleteCompleteWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Second, 10*time.Second
	}).Wait(ctx, s.describe(), patience)
}

func (s Stack) describe() *cloudformation.DescribeStacksInput {
	return &cloudformation.DescribeStacksInput{StackName: &s.Name}
}

func (s Stack) s3() *s3.Client {
	return s3.NewFromConfig(s.Config, func(o *s3.Options) { o.UsePathStyle = s.endpoint() != "" })
}

// endpoint returns where an emulator is, or "" for an account.
func (s Stack) endpoint() string { return aws.ToString(s.Config.BaseEndpoint) }

func (s Stack) objectURL(key string) string {
	if endpoint := s.endpoint(); endpoint != "" {
		return strings.TrimSuffix(endpoint, "/") + "/" + s.Bucket + "/" + key
	}
	return fmt.Sprintf("https://%s.s3.%s.amazonaws.com/%s", s.Bucket, s.Config.Region, key)
}

func (s Stack) createBucket(ctx context.Context) error {
	input := &s3.CreateBucketInput{Bucket: &s.Bucket}
	if s.Config.Region != "us-east-1" { // which must not be named
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

var (
	codeURI = regexp.MustCompile(`(?m)^(\s+CodeUri: )build/arm64/([a-z-]+)$`)
	// Emulators take a parameter's number for text, which Lambda then does not.
	concurrency   = regexp.MustCompile(`(?m)^(\s+MaximumConcurrency: )!Ref (\w+)$`)
	architectures = regexp.MustCompile(`(?m)^(\s+Architectures: )\[arm64\]$`)
)

// uploadCode uploads the functions that the template names, and returns the template with
// where they are.
func (s Stack) uploadCode(ctx context.Context, template []byte) ([]byte, error) {
	var errs []error
	template = codeURI.ReplaceAllFunc(template, func(line []byte) []byte {
		part := codeURI.FindSubmatch(line)
		binary, err := os.ReadFile(filepath.Join(s.Root, "build", s.Arch, string(part[2]), "bootstrap"))
		if err != nil {
			errs = append(errs, err)
			return line
		}
		key, err := s.uploadFunction(ctx, binary)
		errs = append(errs, err)
		return fmt.Appendf(nil, "%ss3://%s/%s", part[1], s.Bucket, key)
	})
	template = concurrency.ReplaceAllFunc(template, func(line []byte) []byte {
		part := concurrency.FindSubmatch(line)
		if value, ok := s.Parameters[string(part[2])]; ok {
			return fmt.Appendf(nil, "%s%s", part[1], value)
		}
		return line
	})
	lambdaName := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[s.Arch]
	if lambdaName == "" {
		errs = append(errs, fmt.Errorf("no function has the architecture %q", s.Arch))
	}
	return architectures.ReplaceAll(template, []byte("${1}["+lambdaName+"]")), errors.Join(errs...)
}

// pack returns a function's package. It has no times in it: the same binary makes the same
// package.
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

// uploadFunction stores a function's package, unless it is there already. Its key is made of
// the binary's digest, so that what did not change is not deployed again.
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

// apply creates the stack, or updates the one that there is.
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
		}).Wait(ctx, s.describe(), patience))
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
	}).Wait(ctx, s.describe(), patience))
}

// explain adds to the error of a stack what failed in it.
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
