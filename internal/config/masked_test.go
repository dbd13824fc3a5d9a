package config

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// update reads the configuration of an update.
func update(t *testing.T, s string) Config {
	t.Helper()
	var faults fault.Fields
	v, err := strictjson.Parse([]byte(s), "config", &faults)
	if err != nil {
		t.Fatal(err)
	}
	c := ReadUpdate(v)
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func stored(t *testing.T, s string) Config {
	t.Helper()
	c, err := Parse([]byte(s), "config")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const secrets = `{"seeds":[{"kind":"static_list","params":{"urls":["https://a.example/"]}}],"fetcher":{` +
	`"headers":{"X-A":"hidden-1","X-B":{"value":"hidden-2","hosts":["b.example"]},"X-C":{"secret":"NAME"}},` +
	`"basic_auth":{"username":"alice","password":"hidden-3","hosts":["b.example"]},"bearer":{"token":"hidden-4","hosts":["c.example"]},` +
	`"cookies":[{"name":"s","value":"hidden-5"},{"name":"s2","value":"hidden-6","hosts":["b.example"]}],` +
	`"proxy":"http://hidden-7:hidden-8@p.example:3128"}}`

const maskedSecrets = `{"seeds":[{"kind":"static_list","params":{"urls":["https://a.example/"]}}],"fetcher":{` +
	`"headers":{"X-A":"***","X-B":{"value":"***","hosts":["b.example"]},"X-C":{"secret":"NAME"}},` +
	`"basic_auth":{"username":"alice","password":"***","hosts":["b.example"]},"bearer":{"token":"***","hosts":["c.example"]},` +
	`"cookies":[{"name":"s","value":"***"},{"name":"s2","value":"***","hosts":["b.example"]}],` +
	`"proxy":"http://***@p.example:3128"}}`

func TestMasked(t *testing.T) {
	c := stored(t, secrets)
	if got := string(c.Masked().Canonical()); got != maskedSecrets {
		t.Errorf("got %s", got)
	}
	if got := string(MaskStored(c.Canonical())); got != maskedSecrets {
		t.Errorf("got stored %s", got)
	}
	if got := string(c.Canonical()); got != secrets {
		t.Errorf("masking changed the configuration: %s", got)
	}
	for _, c := range []string{`{}`, full, defaults, `{"fetcher":{"proxy":"socks5://p:1080"}}`} {
		if got := string(MaskStored([]byte(c))); got != c {
			t.Errorf("got %s, want %s", got, c)
		}
	}
	if got := string(MaskStored([]byte(`{"fetcher":{"bearer":{"token":"hidden"},"x":1}}`))); strings.Contains(got, "hidden") {
		t.Errorf("a configuration that cannot be read: %s", got)
	}
}

// No way to print a configuration shows a secret, but for the JSON that is stored.
func TestSecretsAreNotPrinted(t *testing.T) {
	c := stored(t, secrets)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "fetcher", *c.Fetcher, "proxy", c.Fetcher.Proxy, "bearer", *c.Fetcher.Bearer)
	text := log.String()
	for _, format := range []string{"%v", "%+v", "%#v"} {
		text += fmt.Sprintf(format, *c.Fetcher) + fmt.Sprintf(format, *c.Fetcher.Bearer) + fmt.Sprintf(format, *c.Fetcher.Proxy) +
			fmt.Sprintf(format, c.Fetcher.Headers) + fmt.Sprintf(format, c.Fetcher.Cookies)
	}
	if strings.Contains(text, "hidden") {
		t.Errorf("got %s", text)
	}
}

func TestKeepSecrets(t *testing.T) {
	old := stored(t, secrets)
	for _, tt := range []struct{ name, given, want string }{
		{"everything", maskedSecrets, secrets},
		{"a part", replace(t, maskedSecrets, `"token":"***"`, `"token":"new"`), replace(t, secrets, "hidden-4", "new")},
		{"fewer hosts", replace(t, maskedSecrets, `{"value":"***","hosts":["b.example"]}`, `"***"`, `"hosts":["c.example"]`, `"hosts":["c.example"]`), ""},
		{"another page of the same host", replace(t, maskedSecrets, `"https://a.example/"`, `"https://a.example/","http://a.example/x"`),
			replace(t, secrets, `"https://a.example/"`, `"https://a.example/","http://a.example/x"`)},
		{"another user", replace(t, maskedSecrets, `alice`, `bob`), replace(t, secrets, `alice`, `bob`)},
		{"nothing", `{}`, `{}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept, err := update(t, tt.given).KeepSecrets(old, "config")
			if tt.want == "" {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			if err != nil || string(kept.Canonical()) != tt.want {
				t.Errorf("got %s, %v", kept.Canonical(), err)
			}
		})
	}
}

// A secret whose value is not known to the writer goes nowhere else than before.
func TestKeepSecretsRefuses(t *testing.T) {
	old := stored(t, secrets)
	const masked = " masked hosts"
	for _, tt := range []struct {
		name, given string
		want        []string
	}{
		{"other seeds", replace(t, maskedSecrets, `https://a.example/`, `https://evil.example/`),
			[]string{"config.fetcher.headers.X-A" + masked, "config.fetcher.cookies[0].value" + masked}},
		{"one more seed", replace(t, maskedSecrets, `https://a.example/"`, `https://a.example/","https://evil.example/"`),
			[]string{"config.fetcher.headers.X-A" + masked, "config.fetcher.cookies[0].value" + masked}},
		{"other hosts", replace(t, maskedSecrets, `c.example`, `evil.example`), []string{"config.fetcher.bearer.token" + masked}},
		{"more hosts", replace(t, maskedSecrets, `"c.example"`, `"c.example","evil.example"`), []string{"config.fetcher.bearer.token" + masked}},
		{"the hosts of the seeds", replace(t, maskedSecrets, `,"hosts":["c.example"]`, `,"hosts":["a.example"]`), []string{"config.fetcher.bearer.token" + masked}},
		{"another header", replace(t, maskedSecrets, `"X-A"`, `"X-Z"`), []string{"config.fetcher.headers.X-Z" + masked}},
		{"a reference", replace(t, maskedSecrets, `{"secret":"NAME"}`, `"***"`), []string{"config.fetcher.headers.X-C" + masked}},
		{"another cookie", replace(t, maskedSecrets, `"s2"`, `"s3"`), []string{"config.fetcher.cookies[1].value" + masked}},
		{"another proxy", replace(t, maskedSecrets, `p.example`, `evil.example`), []string{
			"config.fetcher.headers.X-A" + masked, "config.fetcher.headers.X-B.value" + masked, "config.fetcher.basic_auth.password" + masked,
			"config.fetcher.bearer.token" + masked, "config.fetcher.cookies[0].value" + masked, "config.fetcher.cookies[1].value" + masked, "config.fetcher.proxy" + masked}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := update(t, tt.given).KeepSecrets(old, "config")
			checkFaults(t, err, tt.want)
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
	_, err := update(t, `{"fetcher":{"bearer":{"token":"***"}}}`).KeepSecrets(stored(t, `{}`), "config")
	checkFaults(t, err, []string{"config.fetcher.bearer.token masked value"})
}

// The mask is no value of a new configuration.
func TestMaskIsNoSecret(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"masked", maskedSecrets, []string{
			"config.fetcher.basic_auth.password masked must be the value", "config.fetcher.bearer.token masked must be the value",
			"config.fetcher.cookies[0].value masked must be the value", "config.fetcher.cookies[1].value masked must be the value",
			"config.fetcher.proxy masked must be the value",
			"config.fetcher.headers.X-A masked must be the value", "config.fetcher.headers.X-B.value masked must be the value"}},
		{"password of a proxy", `{"fetcher":{"proxy":"http://user:***@p"}}`, []string{"config.fetcher.proxy masked must be the value"}},
	})
	var faults fault.Fields
	v, _ := strictjson.Parse([]byte(`{"fetcher":{"proxy":"http://user:***@p"}}`), "config", &faults)
	if ReadUpdate(v); faults.Err() == nil {
		t.Error("an update accepts the mask as the password of a proxy")
	}
}

// Masking and keeping are inverse, and a masked configuration has no value of a secret.
func TestMaskRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Config{Seeds: drawParts(t, seeds), Fetcher: drawFetcher(t)}
		masked := c.Masked()
		var faults fault.Fields
		v, err := strictjson.Parse(masked.Canonical(), "config", &faults)
		if err != nil {
			t.Fatal(err)
		}
		again := ReadUpdate(v)
		if err := faults.Err(); err != nil {
			t.Fatalf("the masked form is refused: %v\n%s", err, masked.Canonical())
		}
		kept, err := again.KeepSecrets(c, "config")
		if err != nil || string(kept.Canonical()) != string(c.Canonical()) {
			t.Fatalf("got %s, %v, want %s", kept.Canonical(), err, c.Canonical())
		}
		again.eachValue(func(s Secret) {
			if s.Name == "" && !strings.Contains(s.Value, Mask) && !strings.Contains(s.Value, "://") {
				t.Fatalf("%s shows a secret", masked.Canonical())
			}
		})
	})
}

func (c Config) eachValue(visit func(Secret)) {
	f := *c.Fetcher
	f.eachSecret(func(s secretOf) { visit(s.secret) })
}
