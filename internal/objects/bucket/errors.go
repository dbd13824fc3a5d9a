package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"gocloud.dev/gcerrors"

	"github.com/inndx/runs/internal/fault"
)

// retryAfter is how long a client should wait after an error that another attempt may avoid.
const retryAfter = time.Second

// throttled are the error codes by which S3 refuses a request because there are too many. See
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html.
var throttled = map[string]bool{
	"SlowDown": true, "ServiceUnavailable": true, "Throttling": true, "ThrottlingException": true,
	"RequestLimitExceeded": true, "TooManyRequestsException": true, "BandwidthLimitExceeded": true,
}

// classify returns a *fault.Error for an error of the bucket, or nil for nil. Its message, which
// clients see, contains no names. action, which logs show, says what failed.
func classify(err error, action string) error {
	if err == nil {
		return nil
	}
	e := &fault.Error{Message: "internal error", Err: fmt.Errorf("bucket: %s: %w", action, err)}
	switch code := gcerrors.Code(err); {
	case code == gcerrors.NotFound && !isNoBucket(err):
		e.Kind, e.Message = fault.NotFound, "no such object"
	case code == gcerrors.Unimplemented:
		e.Kind, e.Message = fault.NotImplemented, "the bucket cannot do this"
	case throttled[errorCode(err)] || statusCode(err) == http.StatusTooManyRequests:
		e.Kind, e.Reason = fault.Throttled, fault.ReasonStoreThrottled
		e.Message, e.RetryAfter = "too many requests for the bucket, try again", retryAfter
	case isUnavailable(err):
		e.Kind, e.Reason = fault.Unavailable, fault.ReasonStoreUnavailable
		e.Message, e.RetryAfter = "the bucket does not respond, try again", retryAfter
	}
	return e
}

// isUnavailable reports whether the bucket did not respond, or failed, or a disk is full or fails.
func isUnavailable(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, errno) {
			return true
		}
	}
	var request *url.Error // no response
	var network *net.OpError
	return errors.As(err, &request) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) ||
		statusCode(err) >= http.StatusInternalServerError
}

// isMissing reports whether a file or a folder does not exist.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist)
}

// isPastEnd reports whether S3 refuses a read because the object ends before its range. Files are
// empty there.
func isPastEnd(err error) bool { return errorCode(err) == "InvalidRange" }

// isNoBucket reports whether the bucket itself is missing, which is not the caller's mistake.
func isNoBucket(err error) bool { return errorCode(err) == "NoSuchBucket" }

// errorCode returns the code of an error response of S3, or "". The interface is that of the errors
// of the AWS SDK, which this package does not import.
func errorCode(err error) string {
	var api interface {
		error
		ErrorCode() string
	}
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// statusCode returns the HTTP status of an error response of S3, or 0.
func statusCode(err error) int {
	var response interface {
		error
		HTTPStatusCode() int
	}
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
