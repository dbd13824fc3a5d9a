package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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
	"testing"
)

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
