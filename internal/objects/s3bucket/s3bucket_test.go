package s3bucket_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/uuid"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/objects/s3bucket"
	"github.com/inndx/runs/internal/run"
)

const (
	bucketName = "some-bucket"
	secret     = "a-secret-key"
)

// An emulator is an S3 that may refuse requests.
type emulator struct {
	mu       sync.Mutex
	refuse   func(w http.ResponseWriter, r *http.Request) bool
	requests []*http.Request
	next     http.Handler
}

func (e *emulator) ServeHTTP(w http.ResponseWriter, r *http.Request, next http.Handler) {
	e.mu.Lock()
	e.requests = append(e.requests, r)
	refuse := e.refuse
	e.mu.Unlock()
	if refuse == nil || !refuse(w, r) {
		next.ServeHTTP(w, r)
	}
}

// open returns a store in an emulator of S3.
func open(t *testing.T, change ...func(*aws.Config)) (*bucket.Store, *emulator) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucketName); err != nil {
		t.Fatal(err)
	}
	next := gofakes3.New(backend).Server()
	e := &emulator{next: next}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.ServeHTTP(w, r, next) }))
	t.Cleanup(server.Close)
	cfg := aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("key-id", secret, ""),
	}
	for _, f := range change {
		f(&cfg)
	}
	s, err := s3bucket.Open(cfg, bucketName)
	if err != nil {
		t.Fatal(err)
	}
	return s, e
}

func refusing(status int, code string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>"+bucketName+"</Message></Error>")
		return true
	}
}

func TestObjects(t *testing.T) {
	s, _ := open(t)
	prefix := objects.Prefix(run.Ref{Tenant: "a..", ID: uuid.New()}, time.Now())
	name := objects.WARC(prefix, objects.NewWARC(1))
	large := strings.Repeat("0123456789abcdef", 20<<16) // several parts
	if err := s.Put(t.Context(), name, []byte(large), "application/warc"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		offset, length int64
		want           string
	}{{0, 4, "0123"}, {int64(len(large)) - 2, 10, "ef"}, {int64(len(large)), -1, ""}, {3, 0, ""}} {
		r, err := s.Read(t.Context(), name, tt.offset, tt.length)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); string(got) != tt.want || err != nil {
			t.Errorf("%d bytes from %d: got %q, %v", tt.length, tt.offset, got, err)
		}
		r.Close()
	}
	for o, err := range s.List(t.Context(), prefix) {
		if o.Name != name || o.Size != int64(len(large)) || err != nil {
			t.Errorf("got %+v, %v", o, err)
		}
	}
	for range 2 {
		if err := s.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Read(t.Context(), name, 0, -1); !fault.Is(err, fault.NotFound) {
		t.Errorf("after it was deleted: %v", err)
	}
}

// What S3 refuses becomes a kind of fault, whose message names neither the object nor the bucket.
func TestRefusals(t *testing.T) {
	const name = "acme/run/warc/x"
	for code, tt := range map[string]struct {
		status int
		want   fault.Kind
	}{
		"SlowDown":      {503, fault.Throttled},
		"InternalError": {500, fault.Unavailable},
		"AccessDenied":  {403, fault.Internal},
		"NoSuchBucket":  {404, fault.Internal},
		"NoSuchKey":     {404, fault.NotFound},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s, e := open(t, func(c *aws.Config) {
				c.RetryMaxAttempts = 1
			})
			e.refuse = refusing(tt.status, code)
			_, err := s.Read(t.Context(), name, 0, -1)
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != tt.want {
				t.Fatalf("got %v, want kind %d", err, tt.want)
			}
			for _, word := range []string{"acme", bucketName, secret} {
				if strings.Contains(f.Message, word) {
					t.Errorf("the message %q has %s", f.Message, word)
				}
			}
		})
	}
}

// S3 asks a writer to slow down for a while when a prefix gets many writes.
func TestSlowDownIsRetried(t *testing.T) {
	s, e := open(t)
	slow := 2
	e.refuse = func(w http.ResponseWriter, r *http.Request) bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		slow--
		return slow >= 0 && refusing(503, "SlowDown")(w, r)
	}
	if err := s.Put(t.Context(), "acme/run/warc/x", []byte("x"), "application/warc"); err != nil {
		t.Error(err)
	}
}

// Some implementations of S3 refuse the checksums that the SDK sends to AWS.
func TestChecksums(t *testing.T) {
	for want, choice := range map[bool]aws.RequestChecksumCalculation{
		true: aws.RequestChecksumCalculationWhenSupported, false: aws.RequestChecksumCalculationWhenRequired,
	} {
		s, e := open(t, func(c *aws.Config) { c.RequestChecksumCalculation = choice })
		if err := s.Put(t.Context(), "acme/run/warc/x", []byte("x"), "application/warc"); err != nil {
			t.Fatal(err)
		}
		if got := e.requests[0].Header.Get("X-Amz-Checksum-Crc32") != ""; got != want {
			t.Errorf("a checksum was sent: %t, want %t", got, want)
		}
	}
}

// The lifecycle of the bucket finds copies by their tag.
func TestCopiesAreTagged(t *testing.T) {
	prefix := objects.Prefix(run.Ref{Tenant: "acme", ID: uuid.New()}, time.Now())
	for name, want := range map[string]string{
		objects.Content(prefix, "x"):                  s3bucket.CopyTag,
		objects.WARC(prefix, objects.NewWARC(1)):      "",
		objects.ExportFolder(prefix, "content") + "x": "",
	} {
		s, e := open(t)
		if err := s.Put(t.Context(), name, []byte("x"), "text/plain"); err != nil {
			t.Fatal(err)
		}
		if got := e.requests[0].Header.Get("X-Amz-Tagging"); got != want {
			t.Errorf("%s has the tag %q", name, got)
		}
	}
}

// A signed URL needs no request, holds no secret, and is valid for the given time only.
func TestSignedURL(t *testing.T) {
	s, e := open(t)
	text, err := s.SignedURL(t.Context(), "acme/run/content/x", 5*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(text)
	if err != nil || u.Query().Get("X-Amz-Expires") != "300" || strings.Contains(text, secret) || len(e.requests) > 0 {
		t.Errorf("got %s, %v after %d requests", text, err, len(e.requests))
	}
}
