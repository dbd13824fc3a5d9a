package s3bucket_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/inndx/runs/internal/objects"
)

// A copier makes an emulator copy ranges of objects as parts, which it cannot do itself, and refuse
// parts that are too small, as S3 does.
type copier struct {
	t      *testing.T
	serve  http.Handler // the emulator
	broken bool         // copies fail

	mu    sync.Mutex
	sizes map[string]int64 // of the parts, by number
	moved int64            // bytes that passed through the client
}

func (c *copier) refuse(w http.ResponseWriter, r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := r.URL.Query()
	source := r.Header.Get("X-Amz-Copy-Source")
	switch {
	case q.Has("partNumber") && source == "":
		c.sizes[q.Get("partNumber")] = r.ContentLength
		c.moved += r.ContentLength
	case q.Has("partNumber") && c.broken:
		return refusing(http.StatusForbidden, "AccessDenied")(w, r)
	case q.Has("partNumber"):
		c.copyPart(w, r, source)
		return true
	case r.Method == http.MethodPost && q.Has("uploadId"):
		for number, size := range c.sizes {
			if size < 5<<20 && number != fmt.Sprint(len(c.sizes)) {
				return refusing(http.StatusBadRequest, "EntityTooSmall")(w, r)
			}
		}
	}
	return false
}

// copyPart uploads the range of the source as a part.
func (c *copier) copyPart(w http.ResponseWriter, r *http.Request, source string) {
	get := httptest.NewRequest(http.MethodGet, "/"+source, nil)
	get.Header.Set("Range", r.Header.Get("X-Amz-Copy-Source-Range"))
	object := httptest.NewRecorder()
	c.serve.ServeHTTP(object, get)
	put := httptest.NewRequest(http.MethodPut, r.URL.String(), bytes.NewReader(object.Body.Bytes()))
	put.Header.Set("Content-Length", fmt.Sprint(object.Body.Len()))
	part := httptest.NewRecorder()
	c.serve.ServeHTTP(part, put)
	if part.Code != http.StatusOK {
		c.t.Errorf("the emulator responds %d %s", part.Code, part.Body)
	}
	c.sizes[r.URL.Query().Get("partNumber")] = int64(object.Body.Len())
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprintf(w, "<CopyPartResult><ETag>%s</ETag></CopyPartResult>", strings.ReplaceAll(part.Header().Get("ETag"), `"`, "&quot;"))
}

// Large pieces are copied by S3. Small ones pass through the process, with the beginning of the
// next one, because S3 refuses small parts.
func TestJoin(t *testing.T) {
	const mb = 1 << 20
	for name, test := range map[string]struct {
		sizes []int
		moved int64 // at most
	}{
		"one small piece": {[]int{10}, 0},
		"small pieces":    {[]int{10, 0, 20}, 0},
		"large pieces":    {[]int{6 * mb, 5 * mb, 7}, 0},
		"a small piece":   {[]int{6 * mb, 1 * mb, 11 * mb, 2 * mb}, 5 * mb},
		"gaps":            {[]int{mb, 5 * mb, mb, mb, 4 * mb, 9 * mb, 1}, 15 * mb},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := open(t)
			c := &copier{t: t, serve: e.next, sizes: map[string]int64{}}
			e.refuse = c.refuse
			var want []byte
			var pieces []string
			for i, size := range test.sizes {
				piece := fmt.Sprintf("acme/a run/piece+%d", i)
				data := bytes.Repeat([]byte{byte('a' + i)}, size)
				if size > 0 {
					data[0] = 'X'
				}
				pieces, want = append(pieces, piece), append(want, data...)
				if err := s.Put(t.Context(), piece, data, ""); err != nil {
					t.Fatal(err)
				}
			}
			c.sizes, c.moved = map[string]int64{}, 0
			if err := s.Join(t.Context(), "acme/file", objects.WriteOptions{ContentType: "text/csv"}, pieces); err != nil {
				t.Fatal(err)
			}
			r, err := s.Read(t.Context(), "acme/file", 0, -1)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, want %d others, %v", len(got), len(want), err)
			}
			if c.moved > test.moved {
				t.Errorf("%d bytes passed through the process, want %d at most", c.moved, test.moved)
			}
		})
	}
}

// A join that fails leaves neither an object nor parts.
func TestFailedJoin(t *testing.T) {
	s, e := open(t)
	c := &copier{t: t, serve: e.next, sizes: map[string]int64{}, broken: true}
	for _, piece := range []string{"a", "b"} {
		if err := s.Put(t.Context(), piece, make([]byte, 5<<20), ""); err != nil {
			t.Fatal(err)
		}
	}
	e.refuse = c.refuse
	if err := s.Join(t.Context(), "file", objects.WriteOptions{}, []string{"a", "b"}); err == nil {
		t.Fatal("no error")
	}
	if _, err := s.Read(t.Context(), "file", 0, -1); err == nil {
		t.Error("there is a file")
	}
	aborted := false
	for _, r := range e.requests {
		aborted = aborted || r.Method == http.MethodDelete && r.URL.Query().Has("uploadId")
	}
	if !aborted {
		t.Error("the upload is not aborted")
	}
}
