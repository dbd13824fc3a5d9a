package bucket_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/objects/bucket"
)

func TestPutAndRead(t *testing.T) {
	eachStore(t, func(t *testing.T, s *bucket.Store) {
		put(t, s, "a/run/warc/1")
		for _, tt := range []struct {
			offset, length int64
			want           string
		}{
			{0, -1, "a/run/warc/1"}, {2, 3, "run"}, {2, -1, "run/warc/1"}, {11, 100, "1"}, {12, -1, ""}, {0, 0, ""},
		} {
			if got := read(t, s, "a/run/warc/1", tt.offset, tt.length); got != tt.want {
				t.Errorf("%d bytes from %d: got %q, want %q", tt.length, tt.offset, got, tt.want)
			}
		}
		if err := s.Put(t.Context(), "a/run/warc/1", []byte("new"), "application/warc"); err != nil {
			t.Fatal(err)
		}
		if got := read(t, s, "a/run/warc/1", 0, -1); got != "new" {
			t.Errorf("after it was replaced: got %q", got)
		}
	})
}

// Media types come from the web. None keeps an object from being written.
func TestPutWithAnyMediaType(t *testing.T) {
	eachStore(t, func(t *testing.T, s *bucket.Store) {
		for _, value := range []string{"", "/", "text/html; charset=", "a b", "text/html;;", "\x00", "text/plain; \xff=1"} {
			if err := s.Put(t.Context(), "a/x", []byte("x"), value); err != nil {
				t.Errorf("%q: %v", value, err)
			}
		}
	})
}

func TestMissingObject(t *testing.T) {
	eachStore(t, func(t *testing.T, s *bucket.Store) {
		put(t, s, "a/x/y")
		for _, name := range []string{"a/x/z", "a/z/y", "tenant/y"} {
			if _, err := s.Read(t.Context(), name, 0, -1); !fault.Is(err, fault.NotFound) {
				t.Errorf("read %s: got %v", name, err)
			}
			if err := s.Delete(t.Context(), name); err != nil {
				t.Errorf("delete %s: %v", name, err)
			}
		}
		if got := list(t, s, ""); got != "a/x/y" {
			t.Errorf("left are %q", got)
		}
	})
}

// What is being written is not visible before Close, and never if it is given up.
func TestWriteIsAtomic(t *testing.T) {
	eachStore(t, func(t *testing.T, s *bucket.Store) {
		put(t, s, "a/x")
		ctx, cancel := context.WithCancel(t.Context())
		w := write(t, ctx, s, "a/x")
		if _, err := io.WriteString(w, "half"); err != nil {
			t.Fatal(err)
		}
		if got := read(t, s, "a/x", 0, -1) + list(t, s, ""); got != "a/xa/x" {
			t.Errorf("before Close: got %q", got)
		}
		cancel()
		if err := w.Close(); !fault.Is(err, fault.Unavailable) {
			t.Errorf("after it was given up: got %v", err)
		}
		if got := read(t, s, "a/x", 0, -1) + list(t, s, ""); got != "a/xa/x" {
			t.Errorf("after it was given up: got %q", got)
		}
		w = write(t, t.Context(), s, "a/x")
		if _, err := io.Copy(w, strings.NewReader("whole")); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := read(t, s, "a/x", 0, -1); got != "whole" {
			t.Errorf("after Close: got %q", got)
		}
	})
}

func TestList(t *testing.T) {
	eachStore(t, func(t *testing.T, s *bucket.Store) {
		put(t, s, "a/1", "a/2", "a-b/1", "ab/1", "b/1")
		if got := list(t, s, "a/"); got != "a/1 a/2" {
			t.Errorf("got %q", got)
		}
		if got := list(t, s, "c/"); got != "" {
			t.Errorf("of a prefix that no object has: got %q", got)
		}
		for o, err := range s.List(t.Context(), "a/1") {
			if err != nil || o.Size != 3 || time.Since(o.ModTime) > time.Hour {
				t.Errorf("got %+v, %v", o, err)
			}
		}
	})
}

func TestSignedURLWithoutSigner(t *testing.T) {
	eachStore(t, func(t *testing.T, s *bucket.Store) {
		put(t, s, "a/x")
		if url, err := s.SignedURL(t.Context(), "a/x", time.Minute); !fault.Is(err, fault.NotImplemented) {
			t.Errorf("got %q, %v", url, err)
		}
	})
}
