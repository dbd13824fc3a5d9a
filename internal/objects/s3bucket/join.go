package s3bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/objects"
)

// Limits of S3 for the parts of an upload, see
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html.
const (
	minPart  = 5 << 20 // bytes of each part but the last one
	maxPart  = 5 << 30
	maxParts = 10_000
)

// joinConcurrency bounds the parts that are copied at a time. S3 copies one at about 100 MB/s.
const joinConcurrency = 16

// abortTime bounds the request that removes the parts of an upload that failed.
const abortTime = 10 * time.Second

// A joiner makes an object of others by a multipart upload whose parts S3 copies. Only what is
// smaller than a part may be passes through this process.
type joiner struct {
	client *s3.Client
	bucket string
}

// A part consists of ranges of objects. S3 copies a part of one range.
type part []byteRange

// A byteRange is a range of an object.
type byteRange struct {
	object         string
	offset, length int64
}

func (r byteRange) String() string { return fmt.Sprintf("bytes=%d-%d", r.offset, r.offset+r.length-1) }

// join implements bucket.Joiner. It leaves what fits into one part to the store.
func (j joiner) join(ctx context.Context, name string, o objects.WriteOptions, pieces []string) (bool, error) {
	sizes, err := j.sizes(ctx, pieces)
	if err != nil {
		return false, err
	}
	parts := split(pieces, sizes)
	if len(parts) < 2 || len(parts) > maxParts {
		return false, nil
	}
	upload, err := j.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &j.bucket, Key: &name, ContentType: &o.ContentType, ContentDisposition: &o.ContentDisposition,
	})
	if err != nil {
		return false, err
	}
	if err := j.upload(ctx, name, upload.UploadId, parts); err != nil {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTime)
		defer cancel()
		_, aborted := j.client.AbortMultipartUpload(end, &s3.AbortMultipartUploadInput{
			Bucket: &j.bucket, Key: &name, UploadId: upload.UploadId,
		})
		return false, errors.Join(err, aborted)
	}
	return true, nil
}

// split divides the pieces into parts that S3 accepts. A part has several ranges if the first one
// is too small for a part: a worker ends a piece early when its time is over.
func split(pieces []string, sizes []int64) (parts []part) {
	var small part
	var bytes int64 // of small
	add := func(r byteRange) {
		if r.length > 0 {
			small, bytes = append(small, r), bytes+r.length
		}
	}
	flush := func() {
		if bytes > 0 {
			parts, small, bytes = append(parts, small), nil, 0
		}
	}
	for i, piece := range pieces {
		offset := int64(0)
		if bytes > 0 {
			offset = min(sizes[i], minPart-bytes)
			add(byteRange{piece, 0, offset})
		}
		if bytes >= minPart {
			flush()
		}
		for ; sizes[i]-offset >= minPart; offset += parts[len(parts)-1][0].length {
			length := sizes[i] - offset
			if length > maxPart {
				length = maxPart - minPart // the rest is not too small
			}
			parts = append(parts, part{{piece, offset, length}})
		}
		add(byteRange{piece, offset, sizes[i] - offset})
	}
	flush()
	return parts
}

// sizes returns the sizes of the pieces.
func (j joiner) sizes(ctx context.Context, pieces []string) ([]int64, error) {
	sizes := make([]int64, len(pieces))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(joinConcurrency)
	for i, piece := range pieces {
		group.Go(func() error {
			head, err := j.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &j.bucket, Key: &piece})
			if err == nil {
				sizes[i] = aws.ToInt64(head.ContentLength)
			}
			return err
		})
	}
	return sizes, group.Wait()
}

// read returns the bytes of the ranges.
func (j joiner) read(ctx context.Context, ranges []byteRange) ([]byte, error) {
	var all bytes.Buffer
	for _, r := range ranges {
		object, err := j.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &j.bucket, Key: &r.object, Range: aws.String(r.String())})
		if err != nil {
			return nil, err
		}
		n, err := io.Copy(&all, object.Body)
		object.Body.Close()
		if err == nil && n != r.length {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
	}
	return all.Bytes(), nil
}

// upload uploads the parts and completes the upload.
func (j joiner) upload(ctx context.Context, name string, id *string, parts []part) error {
	done := make([]types.CompletedPart, len(parts))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(joinConcurrency)
	for i, p := range parts {
		group.Go(func() error {
			tag, err := j.uploadPart(gctx, name, id, int32(i+1), p)
			done[i] = types.CompletedPart{ETag: tag, PartNumber: aws.Int32(int32(i + 1))}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	_, err := j.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &j.bucket, Key: &name, UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	return err
}

func (j joiner) uploadPart(ctx context.Context, name string, id *string, number int32, p part) (tag *string, err error) {
	if len(p) > 1 {
		data, err := j.read(ctx, p)
		if err != nil {
			return nil, err
		}
		out, err := j.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &j.bucket, Key: &name, UploadId: id, PartNumber: &number, Body: bytes.NewReader(data),
		})
		if err != nil {
			return nil, err
		}
		return out.ETag, nil
	}
	out, err := j.client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
		Bucket: &j.bucket, Key: &name, UploadId: id, PartNumber: &number,
		CopySource: aws.String(copySource(j.bucket, p[0].object)), CopySourceRange: aws.String(p[0].String()),
	})
	if err != nil {
		return nil, err
	}
	if out.CopyPartResult == nil { // S3 may fail after it began to respond
		return nil, errors.New("the copy of a part has no result")
	}
	return out.CopyPartResult.ETag, nil
}

// copySource returns the name of an object in the form that the header x-amz-copy-source has.
func copySource(bucket, name string) string {
	segments := slices.Collect(strings.SplitSeq(name, "/"))
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(s), "+", "%2B") // S3 may read + as a space
	}
	return bucket + "/" + strings.Join(segments, "/")
}
