package api_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/run"
)

// fetcherWith returns the members of a configuration with secrets, whose values begin with prefix.
func fetcherWith(prefix string) string {
	return strings.NewReplacer("hidden", prefix).Replace(`"seeds":[{"kind":"static_list","params":{"urls":["https://a.example/"]}}],"fetcher":{` +
		`"headers":{"X-A":"hidden-1","X-B":{"value":"hidden-2","hosts":["b.example"]},"X-C":{"secret":"NAME"}},` +
		`"basic_auth":{"username":"alice","password":"hidden-3","hosts":["b.example"]},"bearer":{"token":"hidden-4","hosts":["c.example"]},` +
		`"cookies":[{"name":"s","value":"hidden-5"}],"proxy":"http://hidden-6:hidden-7@p.example:3128"}`)
}

// A secretsClient is a client for which every response with the value of a secret fails the test.
type secretsClient struct {
	client
	responses int
}

func (c *secretsClient) do(method, path string, body any, header ...string) response {
	c.t.Helper()
	r := c.client.do(method, path, body, header...)
	c.responses++
	shown := append(bytes.Clone(r.body), fmt.Sprint(r.header)...)
	for _, secret := range []string{"hidden", "changed"} {
		if bytes.Contains(shown, []byte(secret)) {
			c.t.Errorf("%s shows a secret: %s", r.call, shown)
		}
	}
	if r.status < 300 && strings.Contains(string(r.body), `"fetcher":{`) && strings.Contains(string(r.body), `"config"`) && !strings.Contains(string(r.body), `"password":"***"`) {
		c.t.Errorf("%s does not show that there is a password: %s", r.call, r.body)
	}
	return r
}

func TestSecretsAreInNoResponse(t *testing.T) {
	s := newService(t)
	c := &secretsClient{client: s.as("acme")}
	body := `{"name":"docs","config":{` + fetcherWith("hidden") + `}}`
	created := c.do("POST", "/v1/jobs?create_run=true", body, "Idempotency-Key", "k1").want(201).job()
	replayed := c.do("POST", "/v1/jobs?create_run=true", body, "Idempotency-Key", "k1").want(201).job()
	if replayed.ID != created.ID {
		t.Fatal("not a replay")
	}
	c.do("POST", "/v1/jobs?create_run=true", strings.Replace(body, "hidden-3", "changed-3", 1), "Idempotency-Key", "k1").want(422)
	job, first := "/v1/jobs/"+created.ID.String(), "/v1/runs/"+created.Run.ID.String()
	c.do("POST", job+"/runs", nil, "Idempotency-Key", "k2").want(201)
	c.do("POST", job+"/runs", nil, "Idempotency-Key", "k2").want(201)
	for _, path := range []string{job, "/v1/jobs", first, "/v1/runs", job + "/runs", "/v1/runs?statuses=pending&view=summary", first + "/logs"} {
		c.do("GET", path, nil).want(200)
	}
	c.moveTo(created.Run.ID, run.Running)
	for _, action := range []string{"pause", "resume", "stop"} {
		c.do("PUT", first+"/"+action, nil).want(200)
	}
	c.do("PUT", first+"/resume", nil).want(409)
	c.do("PATCH", job, `{"name":"a"}`).want(200)
	c.do("PATCH", job, `{}`).want(200)
	c.do("PATCH", job, `{"config":{`+fetcherWith("changed")+`}}`).want(200)
	c.do("PATCH", job, `{"config":{`+fetcherWith("changed")+`}}`, "If-Match", `"x"`).want(412)
	// Errors do not repeat a value that is wrong.
	for _, wrong := range []string{
		`"headers":{"X-A":"hidden\n"}`, `"bearer":{"token":"hidden token"}`, `"basic_auth":{"username":"a","password":"hidden\u0000"}`,
		`"cookies":[{"name":"a","value":"hidden;"}]`, `"proxy":"hidden://hidden:hidden@a"`, `"proxy":"http://hidden:hidden@a/hidden"`, `"bearer":{"token":["hidden"]}`,
		`"proxy":"http://a:hidden%zz@b"`, `"bearer":{"token":{"secret":"hidden\n"}}`, `"bearer":{"token":"` + strings.Repeat("hidden", 1000) + `"}`,
	} {
		c.do("POST", "/v1/jobs", `{"name":"a","config":{"fetcher":{`+wrong+`}}}`).want(422)
		c.do("PATCH", job, `{"config":{"fetcher":{`+wrong+`}}}`).want(422)
	}
	c.do("POST", "/v1/jobs", `{"name":"a","config":{"fetcher":{"bearer":{"token":"hidden`).want(400)
	if c.responses < 30 {
		t.Errorf("%d responses were checked", c.responses)
	}
}

// A client that sends a configuration back as it got it keeps the secrets.
func TestMaskKeepsSecrets(t *testing.T) {
	s := newService(t)
	c := &secretsClient{client: s.as("acme")}
	created := c.do("POST", "/v1/jobs", `{"name":"docs","config":{`+fetcherWith("hidden")+`}}`).want(201).job()
	path := "/v1/jobs/" + created.ID.String()
	shown := members(t, c.do("GET", path, nil).body)["config"]
	edited := strings.Replace(shown, `"username":"alice"`, `"username":"bob"`, 1)
	c.do("PATCH", path, `{"config":`+edited+`}`).want(200)
	created2 := c.do("POST", path+"/runs", nil).want(201).run()
	stored, err := s.store.Run(t.Context(), run.Ref{Tenant: c.tenant, ID: created2.ID})
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 7; i++ {
		if secret := fmt.Sprintf("hidden-%d", i); !bytes.Contains(stored.Config, []byte(secret)) {
			t.Errorf("%s is not kept: %s", secret, stored.Config)
		}
	}
	if !bytes.Contains(stored.Config, []byte(`"bob"`)) || bytes.Contains(stored.Config, []byte(config.Mask)) {
		t.Errorf("got %s", stored.Config)
	}
	// The next update keeps what the last one wrote, also while others write.
	c.do("PATCH", path, `{"config":`+strings.Replace(shown, `"password":"***"`, `"password":"changed-3"`, 1)+`}`).want(200)
	c.do("PATCH", path, `{"config":`+shown+`}`).want(200)
	run3 := c.do("POST", path+"/runs", nil).want(201).run()
	if stored, err = s.store.Run(t.Context(), run.Ref{Tenant: c.tenant, ID: run3.ID}); err != nil || !bytes.Contains(stored.Config, []byte("changed-3")) {
		t.Errorf("got %s, %v", stored.Config, err)
	}
	// A secret goes nowhere else than before.
	for from, field := range map[string]string{
		`"hosts":["c.example"]`:     "config.fetcher.bearer.token:masked",
		`"hosts":["b.example"]},"b`: "config.fetcher.basic_auth.password:masked",
		`https://a.example/`:        "config.fetcher.headers.X-A:masked config.fetcher.cookies[0].value:masked",
	} {
		evil := strings.NewReplacer("a.example", "evil.example", "b.example", "evil.example", "c.example", "evil.example").Replace(from)
		c.do("PATCH", path, `{"config":`+strings.Replace(shown, from, evil, 1)+`}`).wantFields(field)
	}
	c.do("POST", "/v1/jobs", `{"name":"a","config":`+shown+`}`).want(422)
	c.do("PATCH", "/v1/jobs/"+idB, `{"config":`+shown+`}`).want(404)
	// Nor does the secret of another job, or of another tenant.
	other := c.do("POST", "/v1/jobs", `{"name":"other"}`).want(201).job()
	c.do("PATCH", "/v1/jobs/"+other.ID.String(), `{"config":`+shown+`}`).want(422)
}

// An entity tag says that a job was changed, and nothing about a secret.
func TestETagsAreNoOracle(t *testing.T) {
	s := newService(t)
	c := s.as("acme")
	path := "/v1/jobs/" + c.createJob(`{"name":"docs","config":{`+fetcherWith("hidden")+`}}`).ID.String()
	before := c.do("GET", path, nil)
	c.do("PATCH", path, `{"config":{`+fetcherWith("changed")+`}}`).want(200)
	after := c.do("GET", path, nil)
	if before.header.Get("ETag") == after.header.Get("ETag") {
		t.Error("the ETag did not change with the secret")
	}
	was, is := members(t, before.body), members(t, after.body)
	if was["config"] != is["config"] || was["updated_at"] == is["updated_at"] {
		t.Errorf("got %s, then %s", before.body, after.body)
	}
}
