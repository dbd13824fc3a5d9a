package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/inndx/runs/internal/exit"
)

// An origin is a transport that adds the tenant and the credentials to the requests to one origin.
// No redirect takes them elsewhere, such as to the bucket of a stack.
type origin struct {
	url    *url.URL
	header http.Header
	sign   func(*http.Request) error // may be nil
}

func (o *origin) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme == o.url.Scheme && req.URL.Host == o.url.Host {
		req = req.Clone(req.Context())
		maps.Copy(req.Header, o.header)
		if o.sign != nil {
			if err := o.sign(req); err != nil {
				return nil, err
			}
		}
	}
	return http.DefaultTransport.RoundTrip(req)
}

// executeAPI matches the hosts of API Gateway, which name the region.
var executeAPI = regexp.MustCompile(`\.execute-api\.([a-z0-9-]+)\.(?:amazonaws\.com|amazonaws\.com\.cn|api\.aws)$`)

// signer returns a function that signs requests to an API of API Gateway (AWS Signature Version 4)
// with the AWS credentials of the environment. Source is what names the host.
func signer(ctx context.Context, host, source string) (func(*http.Request) error, error) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, exit.Usagef("--aws-sigv4: %v", err)
	}
	region := cfg.Region
	if named := executeAPI.FindStringSubmatch(host); named != nil {
		region = named[1]
	}
	if region == "" {
		return nil, exit.Usagef("--aws-sigv4 needs AWS_REGION, because the host of %s names no region", source)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, exit.Usagef("--aws-sigv4, which is the default for API Gateway, needs AWS credentials: %v", err)
	}
	v4signer := v4.NewSigner()
	return func(req *http.Request) error {
		credentials, err := cfg.Credentials.Retrieve(req.Context()) // cached until they expire
		if err != nil {
			return err
		}
		hash, err := bodyHash(req)
		if err != nil {
			return err
		}
		return v4signer.SignHTTP(req.Context(), credentials, req, hash, "execute-api", region, time.Now())
	}, nil
}

// bodyHash returns the SHA-256 of the body in hexadecimal digits.
func bodyHash(req *http.Request) (string, error) {
	hash := sha256.New()
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return "", err
		}
		defer body.Close()
		if _, err := io.Copy(hash, body); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
