package main_test

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestExportCommand(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	_, id := s.startRun(threePages(t))
	s.awaitRun(id, "the run to finish", func(r response) bool { return r.Status == "finished" })
	env := []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=acme"}
	file := filepath.Join(t.TempDir(), "log.csv")
	command(t, env, "export", id, "--format", "csv", "-o", file).start().wait(0)
	checkLog(t, file, 3)
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); len(left) != 1 || err != nil {
		t.Errorf("the folder has %v, %v", left, err)
	}
	if exports := s.call("GET", "/v1/runs/"+id+"/exports", "", 200); len(exports.Items) != 0 {
		t.Error("the export is left at the service")
	}

	p := command(t, env, "export", id, "--format", "wacz", "-o", file).start()
	p.wait(1)
	if !strings.Contains(p.errs.String(), "keeps no artifacts") {
		t.Errorf("stderr: %s", p.errs.String())
	}
	checkLog(t, file, 3) // the file stays
	command(t, []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=rival"}, "export", id, "--format", "csv", "-o", file).start().wait(1)
	out := command(t, env, "export", id, "--format", "ndjson", "-o", "-").start()
	out.wait(0)
	if n := len(lines(out.out.String())); n != 3 {
		t.Errorf("%d lines on standard output", n)
	}

	link := filepath.Join(t.TempDir(), "link.csv")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	device := command(t, env, "export", id, "--format", "csv", "-o", "/dev/stdout").start()
	device.wait(0)
	onTTY := onTerminal(t, 80, env, "export", id, "--format", "csv", "-o", link)
	onTTY.wait(0)
	after, err := os.ReadFile(file)
	if target, linkErr := os.Readlink(link); err != nil || linkErr != nil || target != file ||
		string(after) != string(want) || device.out.String() != string(want) {
		t.Errorf("a device has %q, a link to %s has %q, want %q", device.out.String(), target, after, want)
	}
	if got := fmt.Sprintf("csv: %d of %d bytes", len(want), len(want)); !slices.Contains(onTTY.drawn(), got) || device.errs.String() != "" {
		t.Errorf("a terminal shows %q, standard error of others has %q", onTTY.drawn(), device.errs.String())
	}
	t.Run("a line that breaks", func(t *testing.T) { testBreaks(t, s, id, want) })
	t.Run("signed requests", func(t *testing.T) { testSigned(t, s, id, want) })
}

// A badProxy is a proxy in front of a service that breaks off every download after some bytes, and
// whose first response to any other request is lost.
type badProxy struct {
	*httputil.ReverseProxy
	t       *testing.T
	rewrite func(*http.Request) // of requests for files
	etag    string              // of files after the first request, if not empty

	mu    sync.Mutex
	seen  map[string]bool
	files []http.Header // of the requests for the file
}

// brokenAfter is how many bytes of a download arrive.
const brokenAfter = 300

func newBadProxy(t *testing.T, to string) *badProxy {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	p := &badProxy{t: t, rewrite: func(*http.Request) {}, seen: map[string]bool{}}
	p.ReverseProxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			if strings.HasSuffix(r.In.URL.Path, "/file") {
				p.rewrite(r.Out)
			}
		},
		ModifyResponse: p.modify, FlushInterval: -1,
	}
	return p
}

func (p *badProxy) modify(resp *http.Response) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.HasSuffix(resp.Request.URL.Path, "/file") {
		p.files = append(p.files, resp.Request.Header)
		if p.etag != "" && len(p.files) > 1 {
			resp.Header.Set("ETag", p.etag)
		}
		left := int64(brokenAfter)
		if resp.StatusCode == http.StatusOK {
			left *= int64(len(p.files))
		}
		resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, left), broken{}))
		return nil
	}
	if what := resp.Request.Method + resp.Request.URL.Path; !p.seen[what] {
		p.seen[what] = true
		resp.StatusCode, resp.ContentLength, resp.Body = http.StatusBadGateway, -1, http.NoBody
		resp.Header = http.Header{}
	}
	return nil
}

// broken is a connection that breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

// A download over a connection that breaks gets the file as a whole.
func testBreaks(t *testing.T, s *server, id string, want []byte) {
	attempts := len(want)/brokenAfter + 1
	for name, tc := range map[string]struct {
		rewrite func(*http.Request)
		etag    string
		code    int
		ranges  bool
	}{
		"ranges":                   {ranges: true},
		"a server without ranges":  {rewrite: func(r *http.Request) { r.Header.Del("Range") }},
		"another content later":    {etag: `"other"`, code: 1},
		"a server of another mind": {rewrite: func(r *http.Request) { r.Header.Del("If-Range"); r.Header.Set("Range", "bytes=1-") }, code: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := newBadProxy(t, s.url)
			proxy.etag = tc.etag
			if tc.rewrite != nil {
				proxy.rewrite = tc.rewrite
			}
			front := httptest.NewServer(proxy)
			t.Cleanup(front.Close)
			file := filepath.Join(t.TempDir(), "log.csv")
			if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := command(t, []string{"INNDX_URL=" + front.URL, "DEFAULT_TENANT_ID=acme"}, "export", id, "--format", "csv", "-o", file).start()
			p.wait(tc.code)
			got, err := os.ReadFile(file)
			if whole := string(cmp.Or(map[int]string{0: string(want)}[tc.code], "old")); err != nil || string(got) != whole {
				t.Errorf("the file has %q, want %q", got, whole)
			}
			if left, err := os.ReadDir(filepath.Dir(file)); len(left) != 1 || err != nil {
				t.Errorf("the folder has %v, %v", left, err)
			}
			if tc.code == 0 && len(proxy.files) != attempts {
				t.Errorf("%d requests for the file, want %d", len(proxy.files), attempts)
			}
			for i, h := range proxy.files[:min(len(proxy.files), attempts)] {
				from := fmt.Sprintf("bytes=%d-", i*brokenAfter)
				if tc.ranges && i > 0 && (h.Get("Range") != from || h.Get("If-Range") == "") {
					t.Errorf("request %d has the range %q, If-Range %q, want %q", i, h.Get("Range"), h.Get("If-Range"), from)
				}
			}
		})
	}
	t.Run("a service that is down", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "log.csv")
		p := command(t, []string{"INNDX_URL=http://127.0.0.1:1"}, "export", id, "--format", "csv", "-o", file).start()
		p.wait(1)
		if !strings.Contains(p.errs.String(), "refused") {
			t.Errorf("stderr: %s", p.errs.String())
		}
	})
}

// Requests are signed as AWS specifies it. The bucket to which a stack redirects gets no
// credentials.
func testSigned(t *testing.T, s *server, id string, want []byte) {
	const secret, token = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session"
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	service := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Header.Set("X-Tenant-Id", "acme")
		r.Out.Header.Del("Authorization")
	}}
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Authorization", "X-Amz-Security-Token", "X-Amz-Date", "X-Tenant-Id"} {
			if r.Header.Get(name) != "" {
				t.Errorf("the bucket gets %s", name)
			}
		}
		service.ServeHTTP(w, r)
	}))
	t.Cleanup(bucket.Close)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		signed, signature := signatureOf(r, body, secret)
		if signature == "" || !strings.Contains(signed.Get("Credential"), "/eu-central-1/execute-api/aws4_request") ||
			signed.Get("Signature") != signature || !strings.Contains(signed.Get("SignedHeaders"), "x-tenant-id") ||
			r.Header.Get("X-Amz-Security-Token") != token || r.Header.Get("X-Tenant-Id") != "acme" {
			t.Errorf("%s %s has the signature %v of %v, want %s", r.Method, r.URL, signed, r.Header, signature)
		}
		if strings.HasSuffix(r.URL.Path, "/file") {
			http.Redirect(w, r, bucket.URL+r.URL.Path, http.StatusTemporaryRedirect)
			return
		}
		service.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	env := []string{
		"INNDX_URL=" + front.URL, "DEFAULT_TENANT_ID=acme", "AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY=" + secret, "AWS_SESSION_TOKEN=" + token,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
	}
	file := filepath.Join(t.TempDir(), "log.csv")
	command(t, env, "export", id, "--aws-sigv4", "--format", "csv", "-o", file).start().wait(0)
	if got, err := os.ReadFile(file); err != nil || string(got) != string(want) {
		t.Errorf("the file has %q, %v", got, err)
	}
	for variable, message := range map[string]string{
		"INNDX_TOKEN=x": "exclude each other", "AWS_REGION=": "needs AWS_REGION", "AWS_ACCESS_KEY_ID=": "needs AWS credentials",
	} {
		p := command(t, append(slices.Clone(env), variable), "export", id, "--aws-sigv4", "--format", "csv", "-o", file).start()
		p.wait(2)
		if !strings.Contains(p.errs.String(), message) {
			t.Errorf("%s: stderr is %q", variable, p.errs.String())
		}
	}
}

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=(\S+)$`)

// signatureOf returns the parts of the Authorization of a request, and the signature that the
// request must have by the documentation of AWS Signature Version 4. The request has a path
// that needs no escapes.
func signatureOf(r *http.Request, body []byte, secret string) (url.Values, string) {
	m := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return nil, ""
	}
	parts := url.Values{"Credential": {m[1]}, "SignedHeaders": {m[2]}, "Signature": {m[3]}}
	hash := func(data string) string {
		sum := sha256.Sum256([]byte(data))
		return hex.EncodeToString(sum[:])
	}
	mac := func(key []byte, data string) []byte {
		h := hmac.New(sha256.New, key)
		io.WriteString(h, data)
		return h.Sum(nil)
	}
	header := r.Header.Clone()
	header.Set("Host", r.Host)
	header.Set("Content-Length", fmt.Sprint(r.ContentLength))
	canonical := r.Method + "\n" + r.URL.EscapedPath() + "\n" + r.URL.Query().Encode() + "\n"
	for name := range strings.SplitSeq(m[2], ";") {
		canonical += name + ":" + strings.Join(header.Values(name), ",") + "\n"
	}
	canonical += "\n" + m[2] + "\n" + hash(string(body))
	_, scope, _ := strings.Cut(m[1], "/")
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	text := "AWS4-HMAC-SHA256\n" + header.Get("X-Amz-Date") + "\n" + scope + "\n" + hash(canonical)
	return parts, hex.EncodeToString(mac(key, text))
}

// The example of the documentation of AWS, "Signature Version 4 signing process".
func TestSignatureOf(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	const want = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "+
		"SignedHeaders=content-type;host;x-amz-date, Signature="+want)
	if _, got := signatureOf(r, nil, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"); got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
}
