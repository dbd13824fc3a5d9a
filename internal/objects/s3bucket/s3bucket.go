// Package s3bucket opens a bucket of S3. Only functions that use the bucket import it, so that the
// others do not contain a client of S3.
package s3bucket

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob/s3blob"

	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/objects/bucket"
)

// Open returns the store of the objects in the bucket with the name. It makes no requests.
func Open(cfg aws.Config, name string) (*bucket.Store, error) {
	client := s3.NewFromConfig(cfg, configure)
	b, err := s3blob.OpenBucket(context.Background(), client, name, &s3blob.Options{
		// AWS_REQUEST_CHECKSUM_CALCULATION: some implementations of S3 refuse the checksums that
		// the SDK adds by default.
		RequestChecksumCalculation: cfg.RequestChecksumCalculation,
	})
	if err != nil {
		return nil, err
	}
	return bucket.New(b, bucket.BeforeWrite(tagCopies), bucket.WithJoiner(joiner{client, name}.join)), nil
}

// attempts is how often a request is made that S3 refuses with 503 Slow Down or does not answer. S3
// refuses requests for some minutes while it divides a prefix that suddenly gets more than 3,500
// writes a second.
const attempts = 6

// configure sets the options of the client.
func configure(o *s3.Options) {
	// The name of a bucket is part of the host name, which the hosts of emulators are not made for.
	o.UsePathStyle = o.BaseEndpoint != nil
	o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = attempts })
	// A range of an object has no checksum, which the SDK would report for each artifact.
	o.DisableLogOutputChecksumValidationSkipped = true
}

// CopyTag marks the copies of contents. The lifecycle of the bucket deletes objects that have it:
// see template.yaml.
const CopyTag = "copy=true"

// tagCopies adds CopyTag to objects that are copies.
func tagCopies(name string, as func(any) bool) error {
	var input *transfermanager.UploadObjectInput
	if objects.IsContent(name) && as(&input) {
		input.Tagging = aws.String(CopyTag)
	}
	return nil
}
