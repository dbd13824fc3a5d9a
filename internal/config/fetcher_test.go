package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/weburl"
)

func TestFetcherInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"fetcher", `{"fetcher":{"timeout":"99ms","max_body_bytes":1023,"max_redirects":51,"max_retries":11}}`, []string{
			"config.fetcher.timeout range between 100ms and 5m", "config.fetcher.max_body_bytes range between 1024 and 104857600",
			"config.fetcher.max_redirects range between 0 and 50", "config.fetcher.max_retries range between 0 and 10"}},
	})
}

// fullFetcher has every member of a fetcher that is new since cookie_jar, in canonical form.
const fullFetcher = `{"fetcher":{"headers":{"X-Api-Key":"k&1","X-Other":{"secret":"team/other"},"X-Third":{"value":"v","hosts":["api.example"]},` +
	`"X-Zfourth":{"secret":"z","hosts":["api.example:8443","[::1]:80"]}},` +
	`"basic_auth":{"username":"alice","password":"pässword 1","hosts":["a.example"]},` +
	`"bearer":{"token":{"secret":"TOKEN"},"hosts":["b.example"]},` +
	`"cookies":[{"name":"session","value":"abc=="},{"name":"lang","value":"de","hosts":["a.example"]}],` +
	`"proxy":"socks5://user:pass@proxy.example:1080","accept_language":"de-CH, de;q=0.9, *;q=0.1",` +
	`"middleware":[{"kind":"set_language","params":{"languages":[["en-US",1],["en",0.875]]}},` +
	`{"kind":"mutate_headers","params":{"on":"request","headers":[["X-Team","docs & tests"]]}}]}}`

func TestFetcherForms(t *testing.T) {
	resolved := func(members string) string {
		return replace(t, defaults, `"max_retries":3}`, `"max_retries":3,`+members+`}`)
	}
	checkForms(t, []formsCase{
		{"everything", fullFetcher, fullFetcher, resolved(fullFetcher[len(`{"fetcher":{`) : len(fullFetcher)-2])},
		{
			"spelling does not matter",
			`{"fetcher":{"headers":{"x-api-KEY":{"value":"a"}},"bearer":{"token":"t","hosts":["EXAMPLE.com","b\u00fccher.example:443","example.com:80"]},` +
				`"middleware":[{"kind":"set_language","params":{"languages":[["en",1.0],["de",5e-1]]}},{"kind":"mutate_headers","params":{"headers":[["x-a","1"]],"on":"response"}}]}}`,
			`{"fetcher":{"headers":{"X-Api-Key":"a"},"bearer":{"token":"t","hosts":["example.com","xn--bcher-kva.example:443","example.com:80"]},` +
				`"middleware":[{"kind":"set_language","params":{"languages":[["en",1],["de",0.5]]}},{"kind":"mutate_headers","params":{"on":"response","headers":[["X-A","1"]]}}]}}`,
			resolved(`"headers":{"X-Api-Key":"a"},"bearer":{"token":"t","hosts":["example.com","xn--bcher-kva.example:443","example.com:80"]},` +
				`"middleware":[{"kind":"set_language","params":{"languages":[["en",1],["de",0.5]]}},{"kind":"mutate_headers","params":{"on":"response","headers":[["X-A","1"]]}}]`),
		},
		{"empty", `{"fetcher":{"headers":{},"cookies":[],"middleware":[]}}`, `{"fetcher":{"headers":{},"cookies":[],"middleware":[]}}`, defaults},
	})
}

func TestCredentialsInvalid(t *testing.T) {
	const f = "config.fetcher."
	for _, tt := range []struct {
		name, fetcher string
		want          []string
	}{
		{"types", `"headers":[],"basic_auth":"a:b","bearer":"t","cookies":{},"proxy":1,"accept_language":["en"],"middleware":{}`, []string{
			f + "basic_auth type an object", f + "bearer type an object", f + "cookies type a list", f + "proxy type an object",
			f + "accept_language type a string", f + "middleware type a list", f + "headers type an object"}},
		{"nothing", `"basic_auth":{},"bearer":{},"cookies":[{}]`, []string{
			f + "basic_auth.username required given", f + "basic_auth.password required given", f + "bearer.token required given",
			f + "cookies[0].name required given", f + "cookies[0].value required given"}},
		{"other services", `"client":"chrome","proxies":["http://p"]`, []string{
			f + "client unsupported proxy, accept_language, middleware, headers", f + "proxies unsupported supported: timeout"}},
		{"header with a line break", `"headers":{"X-A":"a\r\nX-B: b"}`, []string{f + "headers.X-A format printable ASCII"}},
		{"header with a null", `"headers":{"X-A":"a\u0000"}`, []string{f + "headers.X-A format printable ASCII"}},
		{"header that is not ASCII", `"headers":{"X-A":"é"}`, []string{f + "headers.X-A format printable ASCII"}},
		{"empty header", `"headers":{"X-A":""}`, []string{f + "headers.X-A length between 1 and 4096"}},
		{"same header", `"headers":{"x-a":"1","X-A":"2"}`, []string{f + "headers.X-A duplicate upper or lower case"}},
		{"header of the connection", `"headers":{"host":"a","content-length":"1","TRANSFER-ENCODING":"chunked","te":"a","connection":"X-A","Upgrade":"h2c"}`, []string{
			f + "headers.host reserved Host", f + "headers.content-length reserved Content-Length", f + "headers.TRANSFER-ENCODING reserved client sets",
			f + "headers.te reserved Te", f + "headers.connection reserved Connection", f + "headers.Upgrade reserved Upgrade"}},
		{"header of another member", `"headers":{"Cookie":"a=b","User-Agent":"a","Proxy-Authorization":"a"}`, []string{
			f + "headers.Cookie reserved fetcher.cookies", f + "headers.User-Agent reserved user_agent", f + "headers.Proxy-Authorization reserved fetcher.proxy"}},
		{"value and secret", `"headers":{"X-A":{"value":"a","secret":"b"},"X-B":{},"X-C":{"value":1,"x":1}}`, []string{
			f + "headers.X-A.secret conflict value", f + "headers.X-B.secret required given", f + "headers.X-C.value type a string", f + "headers.X-C.x unknown hosts, value, secret"}},
		{"hosts", `"bearer":{"token":"t","hosts":["https://a.example","a.example/b","u@a.example","a b","a.example:x","","A.example","a.example"]}`, []string{
			f + "bearer.hosts[0] format host", f + "bearer.hosts[1] format host", f + "bearer.hosts[2] format host", f + "bearer.hosts[3] format host",
			f + "bearer.hosts[4] format host", f + "bearer.hosts[5] length between", f + "bearer.hosts[7] duplicate once"}},
		{"no hosts", `"bearer":{"token":"t","hosts":[]}`, []string{f + "bearer.hosts empty must"}},
		{"too many hosts", `"bearer":{"token":"t","hosts":` + many(101, `"a"`) + `}`, []string{f + "bearer.hosts too_many 100"}},
		{"secret names", `"bearer":{"token":{"secret":"a b"}},"cookies":[{"name":"a","value":{"secret":"` + long[:129] + `"}},{"name":"b","value":{"name":"a"}}]`, []string{
			f + "bearer.token.secret format letters", f + "cookies[0].value.secret length 128", f + "cookies[1].value.secret required given", f + "cookies[1].value.name unknown known: secret"}},
		{"username", `"basic_auth":{"username":"a:b","password":"a\nb"}`, []string{f + "basic_auth.username format colon", f + "basic_auth.password format printable"}},
		{"token", `"bearer":{"token":"a b"}`, []string{f + "bearer.token format without spaces"}},
		{"cookies", `"cookies":[{"name":"a=b","value":"1"},{"name":"a","value":"1; Path=/"},{"name":"b","value":"\r\n"}]`, []string{
			f + "cookies[0].name format cookie", f + "cookies[1].value format semicolons", f + "cookies[2].value format printable"}},
		{"same cookie", `"cookies":[{"name":"a","value":"1","hosts":["a","b"]},{"name":"a","value":"2","hosts":["b"]}]`, []string{f + "cookies conflict at most one cookie of the name a"}},
		{"two authorizations", `"basic_auth":{"username":"a","password":"b"},"bearer":{"token":"t","hosts":["a"]},"headers":{"authorization":{"value":"t","hosts":["b"]}}`,
			[]string{f + "basic_auth conflict headers", f + "bearer conflict basic_auth"}},
		{"two languages", `"headers":{"Accept-Language":"en"},"accept_language":"en"`, []string{f + "accept_language conflict Accept-Language"}},
		{"language", `"accept_language":"en;q=2"`, []string{f + "accept_language format en;q=0.9"}},
		{"proxy of another scheme", `"proxy":"ftp://p"`, []string{f + "proxy format http, https or socks5"}},
		{"proxy with a path", `"proxy":"http://p/a"`, []string{f + "proxy format without a path"}},
		{"proxy without a host", `"proxy":"http://:80"`, []string{f + "proxy format URL of a proxy"}},
		{"proxy with a bad port", `"proxy":"http://p:0"`, []string{f + "proxy format URL of a proxy"}},
		{"middleware", `"middleware":[{"kind":"mutate_path","params":{"paths":{"/old/*":"/new"}}},{"kind":"mutate_method"},{"kind":"mutate_json_body"},{"kind":"sleep"}]`, []string{
			f + "middleware[0].kind unsupported supported: set_language, mutate_headers", f + "middleware[1].kind unsupported supported",
			f + "middleware[2].kind unsupported supported", f + "middleware[3].kind unknown known: set_language"}},
		{"set_language", `"middleware":[{"kind":"set_language","params":{"languages":[["e n",1],["en"],["en",2],["en",0.0005],["en","1"],"en"]}},{"kind":"set_language","params":{"languages":[]}}]`, []string{
			f + "middleware[0].params.languages[0][0] format en-US", f + "middleware[0].params.languages[1] format [en-US,",
			f + "middleware[0].params.languages[2][1] range between 0 and 1", f + "middleware[0].params.languages[3][1] format 3 decimal places",
			f + "middleware[0].params.languages[4][1] type a number", f + "middleware[0].params.languages[5] type a list", f + "middleware[1].params.languages empty must"}},
		{"mutate_headers", `"middleware":[{"kind":"mutate_headers","params":{"headers":[["X-A","1"],["x-a","2"],["Host","a"],["X-B","a\nb"],["Authorization","t"],["a"],[1,"a"]]}}]`, []string{
			f + "middleware[0].params.on required given", f + "middleware[0].params.headers[1] duplicate X-A", f + "middleware[0].params.headers[2][0] reserved Host",
			f + "middleware[0].params.headers[3][1] format printable", f + "middleware[0].params.headers[4][0] reserved credential",
			f + "middleware[0].params.headers[5] format [X-Team,", f + "middleware[0].params.headers[6][0] type a string"}},
	} {
		checkInvalid(t, []invalidCase{{tt.name, `{"fetcher":{` + tt.fetcher + `}}`, tt.want}})
	}
	for _, name := range []string{"X A", "X-B:", "", "é", long[:101]} {
		_, err := Parse([]byte(`{"fetcher":{"headers":{"`+name+`":"1"}}}`), "config")
		if err == nil || !strings.Contains(err.Error(), "name of a header") {
			t.Errorf("the header %q: %v", name, err)
		}
	}
}

func TestLanguageHeader(t *testing.T) {
	l := SetLanguage{[]Language{{"en-US", 1}, {"en", 0.875}, {"*", 0}}}
	if got := l.String(); got != "en-US,en;q=0.875,*;q=0" {
		t.Errorf("got %s", got)
	}
}

func TestMatchesHost(t *testing.T) {
	for _, tt := range []struct {
		host, url string
		want      bool
	}{
		{"a.example", "https://a.example/", true}, {"a.example", "http://a.example/", true}, {"a.example", "http://A.example:80/x", true},
		{"a.example", "http://a.example:8080/", false}, {"a.example", "http://b.a.example/", false}, {"a.example", "http://a.example.evil/", false},
		{"a.example:8443", "https://a.example:8443/", true}, {"a.example:8443", "https://a.example/", false},
		{"a.example:443", "https://a.example/", true}, {"a.example:443", "http://a.example/", false}, {"a.example:80", "http://a.example/", true},
		{"[::1]:8080", "http://[::1]:8080/", true}, {"[::1]", "http://[0:0::1]/", true}, {"[::1]:80", "http://[::1]/", true},
	} {
		host, ok := hostAndPort(tt.host)
		u, err := weburl.Parse(tt.url)
		if !ok || err != nil || host != tt.host || MatchesHost(host, u) != tt.want {
			t.Errorf("%s, %s: got %v (host %s, %v, %v)", tt.host, tt.url, !tt.want, host, ok, err)
		}
	}
}

func TestSeedHosts(t *testing.T) {
	c, err := Parse([]byte(`{"seeds":[{"kind":"static_list","params":{"urls":["https://b.example/","http://a.example:8080/x","https://b.example/y"]}},`+
		`{"kind":"sitemap","params":{"url":"https://c.example/s.xml","urls":["https://d.example/s.xml"],"hosts":["e.example"]}}]}`), "config")
	want := []string{"a.example:8080", "b.example", "c.example", "d.example", "e.example"}
	if got := c.SeedHosts(); err != nil || !slices.Equal(got, want) || !slices.Equal(c.Resolve().SeedHosts(), want) {
		t.Errorf("got %v, %v", got, err)
	}
}

// The version before cookie_jar reads resolved configurations, unless cookies are switched off.
func TestCookieJarIsResolvedForOlderVersions(t *testing.T) {
	for given, want := range map[string]string{
		`{"fetcher":{"cookie_jar":true}}`:  defaults,
		`{"fetcher":{"cookie_jar":false}}`: strings.Replace(defaults, `"max_retries":3}`, `"max_retries":3,"cookie_jar":false}`, 1),
	} {
		t.Run(given, func(t *testing.T) {
			c, err := Parse([]byte(given), "config")
			if err != nil {
				t.Fatal(err)
			}
			if got := string(c.Canonical()); got != given {
				t.Errorf("got canonical %s", got)
			}
			if diff := cmp.Diff(want, string(c.Resolve().Canonical())); diff != "" {
				t.Errorf("resolved (-want +got):\n%s", diff)
			}
		})
	}
}

func drawFetcher(t *rapid.T) *Fetcher {
	f := &Fetcher{
		Timeout:        maybe(t, rapid.Just(drawDuration(t, MinTimeout, MaxTimeout))),
		MaxBodyBytes:   maybe(t, rapid.Int64Range(MinBodyBytes, MaxBodyBytes)),
		MaxRedirects:   maybe(t, rapid.IntRange(0, MaxRedirects)),
		MaxRetries:     maybe(t, rapid.IntRange(0, MaxRetries)),
		CookieJar:      maybe(t, rapid.Bool()),
		AcceptLanguage: maybe(t, rapid.Just("de-CH, fr;q=0.5, *;q=0")),
		Middleware:     drawParts(t, middleware),
	}
	if rapid.Bool().Draw(t, "headers") {
		f.Headers = map[string]Header{}
		for _, name := range rapid.SliceOfN(rapid.StringMatching(`X-[A-Z][a-z]{0,5}`), 0, 3).Draw(t, "names") {
			f.Headers[name] = Header{drawSecret(t), drawHosts(t)}
		}
	}
	f.BasicAuth = drawGroup(t, func(t *rapid.T) *BasicAuth { return &BasicAuth{"an é", drawSecret(t), []string{"a.example"}} })
	f.Bearer = drawGroup(t, func(t *rapid.T) *Bearer { return &Bearer{drawSecret(t), []string{"b.example:8443"}} })
	if rapid.Bool().Draw(t, "cookies") {
		f.Cookies = []Cookie{}
		for _, name := range rapid.SliceOfNDistinct(rapid.StringMatching(`[!#A-Za-z]{1,5}`), 0, 3, rapid.ID[string]).Draw(t, "names") {
			f.Cookies = append(f.Cookies, Cookie{name, drawSecret(t), drawHosts(t)})
		}
	}
	if rapid.Bool().Draw(t, "proxy") {
		f.Proxy = &Secret{Value: rapid.SampledFrom([]string{"http://u:p&w@proxy.example:3128", "socks5://[::1]:1080", "https://p"}).Draw(t, "proxy")}
	}
	return f
}

func drawSecret(t *rapid.T) Secret {
	if rapid.Bool().Draw(t, "reference") {
		return Secret{Name: rapid.StringMatching(`[A-Za-z0-9_./-]{1,9}`).Draw(t, "name")}
	}
	return Secret{Value: rapid.StringMatching(`[a-z0-9&<=]{1,9}`).Draw(t, "value")}
}

func drawHosts(t *rapid.T) []string {
	return rapid.SampledFrom([][]string{nil, {"a.example"}, {"a.example", "b.example:81", "[::1]:8080"}}).Draw(t, "hosts")
}

func init() {
	drawParams["set_language"] = func(t *rapid.T) any {
		return &SetLanguage{[]Language{{"en-US", float64(rapid.IntRange(0, 1000).Draw(t, "weight")) / 1000}, {"*", 0}}}
	}
	drawParams["mutate_headers"] = func(t *rapid.T) any {
		return &MutateHeaders{rapid.SampledFrom([]string{OnRequest, OnResponse}).Draw(t, "on"),
			[]HeaderValue{{"X-A", rapid.StringMatching(`[!-~]([ -~]{0,9}[!-~])?`).Draw(t, "value")}}}
	}
}
