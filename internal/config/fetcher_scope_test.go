package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/weburl"
)

func TestScope(t *testing.T) {
	c, err := Parse([]byte(`{"seeds":[{"kind":"static_list","params":{"urls":["https://a.example/","http://b.example/x","https://c.example:8443/"]}},`+
		`{"kind":"sitemap","params":{"hosts":["d.example","http://e.example:8080"]}}]}`), "config")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		hosts []string
		url   string
		want  bool
	}{
		// by default: the hosts of the seeds
		{nil, "https://a.example/deep?q", true}, {nil, "http://a.example/", false}, {nil, "https://a.example:8443/", false},
		{nil, "https://www.a.example/", false}, {nil, "https://a.example.evil/", false}, {nil, "https://evil-a.example/", false},
		{nil, "http://b.example/", true}, {nil, "https://b.example/", true}, {nil, "http://b.example:81/", false},
		{nil, "https://c.example:8443/", true}, {nil, "http://c.example:8443/", false}, {nil, "https://c.example/", false},
		{nil, "https://d.example/", true}, {nil, "http://d.example/", false}, {nil, "http://e.example:8080/", true},
		// named hosts
		{[]string{"f.example"}, "https://f.example/", true}, {[]string{"f.example"}, "http://f.example/", false},
		{[]string{"f.example:80"}, "http://f.example/", true}, {[]string{"f.example:80"}, "https://f.example/", false},
		{[]string{"f.example:8080"}, "http://f.example:8080/", true}, {[]string{"f.example:443"}, "http://f.example:443/", false},
		{[]string{"b.example"}, "http://b.example/", true}, {[]string{"a.example:80"}, "http://a.example/", true},
		{[]string{"c.example:8443"}, "http://c.example:8443/", false}, {[]string{"f.example"}, "https://a.example/", false},
	} {
		u, err := weburl.Parse(tt.url)
		if err != nil || c.Scope(tt.hosts).Contains(u) != tt.want || c.Resolve().Scope(tt.hosts).Contains(u) != tt.want {
			t.Errorf("hosts %v: %s: want %v (%v)", tt.hosts, tt.url, tt.want, err)
		}
	}
}

func TestResolveSecrets(t *testing.T) {
	parse := func(fetcher string) Config {
		t.Helper()
		c, err := Parse([]byte(`{"fetcher":{`+fetcher+`}}`), "config")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	values := map[string]string{
		"password": "pass wörd", "token": "t0ken\r\n", "key": "k\n", "cookie": "c", "proxy": "http://u:p@proxy.example:3128",
		"lines": "secret-1\nX-B: secret-1", "spaces": "secret-1 secret-1", "empty": "\n", "long": strings.Repeat("secret-1", 600),
	}
	missing := errors.New("missing")
	get := func(name string) (string, error) {
		if value, ok := values[name]; ok {
			return value, nil
		}
		return "", missing
	}
	stored := parse(`"basic_auth":{"username":"a","password":{"secret":"password"},"hosts":["a"]},"bearer":{"token":{"secret":"token"},"hosts":["b"]},` +
		`"headers":{"X-A":{"secret":"key","hosts":["c"]},"X-B":"literal"},"cookies":[{"name":"n","value":{"secret":"cookie"}}],"proxy":{"secret":"proxy"}`)
	before := string(stored.Canonical())
	c, err := stored.ResolveSecrets(get)
	if err != nil {
		t.Fatal(err)
	}
	f := c.Fetcher
	if f.BasicAuth.Password.Value != "pass wörd" || f.Bearer.Token.Value != "t0ken" || f.Headers["X-A"].Value != "k" || f.Headers["X-A"].Hosts[0] != "c" ||
		f.Headers["X-B"].Value != "literal" || f.Cookies[0].Value.Value != "c" || f.Proxy.Value != values["proxy"] {
		t.Errorf("got %s", c.Canonical())
	}
	if after := string(stored.Canonical()); after != before {
		t.Errorf("the stored configuration changed to %s", after)
	}
	for fetcher, want := range map[string]string{
		`"headers":{"X-A":{"secret":"lines"}}`:                 "headers.X-A",
		`"bearer":{"token":{"secret":"spaces"}}`:               "bearer.token",
		`"cookies":[{"name":"n","value":{"secret":"spaces"}}]`: "cookies[0].value",
		`"proxy":{"secret":"token"}`:                           "proxy",
		`"bearer":{"token":{"secret":"empty"}}`:                "between 1 and 4096",
		`"headers":{"X-A":{"secret":"long"}}`:                  "between 1 and 4096",
	} {
		_, err := parse(fetcher).ResolveSecrets(get)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret-1") {
			t.Errorf("%s: %v", fetcher, err)
		}
	}
	if _, err := parse(`"proxy":{"secret":"other"}`).ResolveSecrets(get); !errors.Is(err, missing) || !strings.Contains(err.Error(), `proxy: the secret "other"`) {
		t.Errorf("a missing secret: %v", err)
	}
}
