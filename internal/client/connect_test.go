package client

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/exit"
)

// Requests to API Gateway are signed unless there is a token, or a flag says otherwise.
func TestConnect(t *testing.T) {
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	const gateway = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
	yes, no := true, false
	for _, tt := range []struct {
		name       string
		url, token string
		tenant     string
		sign       *bool
		keys       bool
		signed     bool
		header     string // of the requests
		err        string
	}{
		{name: "here", header: ""},
		{name: "a token", url: "https://runs.example", token: "x", header: "Bearer x"},
		{name: "API Gateway", url: gateway, keys: true, signed: true},
		{name: "API Gateway with a stage", url: gateway + "/prod/", keys: true, signed: true},
		{name: "API Gateway with a token", url: gateway, token: "x", keys: true, header: "Bearer x"},
		{name: "API Gateway without credentials", url: gateway, err: "needs AWS credentials"},
		{name: "API Gateway unsigned", url: gateway, sign: &no, keys: true},
		{name: "a host that looks like it", url: "https://execute-api.eu-central-1.amazonaws.com.example", keys: true},
		{name: "another host", url: "https://runs.example", sign: &yes, keys: true, err: "needs AWS_REGION, because the host of INNDX_URL"},
		{name: "a token and a signature", url: gateway, token: "x", sign: &yes, keys: true, err: "exclude each other"},
		{name: "no URL", url: "localhost:8022", err: "INNDX_URL must be"},
		{name: "a query", url: "http://localhost:8022/?a=b", err: "INNDX_URL must be"},
		{name: "a password", url: "http://me:secret@localhost:8022/", err: "INNDX_URL must be"},
		{name: "a token of two lines", token: "secret\nx", err: "INNDX_TOKEN must be"},
		{name: "a wrong tenant", tenant: "a b", err: "--tenant must be"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
				value := ""
				if tt.keys {
					value = "x"
				}
				t.Setenv(name, value)
			}
			env := map[string]string{"INNDX_URL": tt.url, "INNDX_TOKEN": tt.token}
			c, err := Connect(t.Context(), func(name string) string { return env[name] }, Options{Tenant: tt.tenant, Sign: tt.sign})
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || exit.Code(err) != exit.Usage || strings.Contains(err.Error(), "secret") {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			o := c.http.Transport.(*origin)
			if signed := o.sign != nil; signed != tt.signed || o.header.Get("Authorization") != tt.header {
				t.Errorf("signed: %v, Authorization: %q", signed, o.header.Get("Authorization"))
			}
		})
	}
}

// A flag comes before the environment.
func TestConnectPrefersFlags(t *testing.T) {
	var tenants []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tenants = append(tenants, r.Header.Get("X-Tenant-Id"))
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(s.Close)
	for _, o := range []Options{{URL: s.URL, Tenant: "acme"}, {URL: s.URL}} {
		c, err := Connect(t.Context(), func(name string) string {
			return map[string]string{"INNDX_URL": "http://127.0.0.1:1", "DEFAULT_TENANT_ID": "rival"}[name]
		}, o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Call(t.Context(), http.MethodGet, "/", nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(tenants, " "); got != "acme rival" {
		t.Errorf("the tenants are %q", got)
	}
}

// An error has what the API says, each field on a line, and an exit code.
func TestError(t *testing.T) {
	for status, code := range map[int]int{404: exit.NotFound, 422: exit.Usage, 409: exit.Failed, 403: exit.Failed} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"code":1,"reason":"invalid","message":"the request is invalid","fields":[{"field":"a","errors":[{"message":"must be b"},{"message":"must be c"}]}]}`))
		}))
		_, err := ForStack(s.URL).Call(t.Context(), http.MethodGet, "/", nil)
		s.Close()
		var out strings.Builder
		exit.Print(&out, err)
		if exit.Code(err) != code || !strings.Contains(out.String(), " (invalid): the request is invalid\ninndx: a must be b\ninndx: a must be c\n") {
			t.Errorf("%d: exit code %d, printed\n%s", status, exit.Code(err), out.String())
		}
	}
}

// A URL that is not that of a service is not taken for a service without such a run.
func TestWrongURL(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   string
	}{
		{200, "<!DOCTYPE html>", "the response is not JSON, so this is not the URL of a service: http://127.0.0.1"},
		{200, "", "the response is not JSON"},
		{404, `{"code":404,"reason":"no_such_path","message":"no such path"}`, "no such path"},
	} {
		calls := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls++
			w.WriteHeader(tt.status)
			_, _ = w.Write([]byte(tt.body))
		}))
		c, err := Connect(t.Context(), func(string) string { return "" }, Options{URL: s.URL})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Call(t.Context(), http.MethodGet, "/v1/runs", nil)
		s.Close()
		if exit.Code(err) != exit.Failed || !strings.Contains(err.Error(), tt.want) || calls != 1 {
			t.Errorf("%d %q: %d calls, exit code %d, %v", tt.status, tt.body, calls, exit.Code(err), err)
		}
	}
}

// A deletion whose response was lost is done.
func TestDeleteAgain(t *testing.T) {
	calls := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls == 1 {
			panic(http.ErrAbortHandler) // breaks the connection
		}
		http.NotFound(w, nil)
	}))
	t.Cleanup(s.Close)
	c, err := Connect(t.Context(), func(string) string { return "" }, Options{URL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Call(t.Context(), http.MethodDelete, "/", nil); err != nil || calls != 2 {
		t.Errorf("%d calls, %v", calls, err)
	}
	if _, err := c.Call(t.Context(), http.MethodDelete, "/", nil); exit.Code(err) != exit.NotFound {
		t.Errorf("a deletion of nothing: %v", err)
	}
}
