package api_test

import (
	"strings"
	"testing"
)

// The expressions of a configuration are checked when it is stored, and only if everything else is
// right.
func TestExpressionsAreChecked(t *testing.T) {
	t.Parallel()
	c := newService(t).as("acme")
	const seeds = `"seeds":[{"kind":"static_list","params":{"urls":["https://a.example/"]}}]`
	body := func(xpath, more string) string {
		return `{"name":"a","config":{` + seeds + `,"pipelines":[{"steps":[{"kind":"extractor","params":{"kind":"markdown",` +
			`"params":{"content_xpath":"` + xpath + `"}}}]}]` + more + `}}`
	}
	job := "/v1/jobs/" + c.createJob(body("//main", "")).ID.String()
	for _, request := range []struct{ method, path string }{{"POST", "/v1/jobs"}, {"PATCH", job}} {
		wrong := string(c.do(request.method, request.path, body("//main[", "")).want(422).body)
		for _, want := range []string{`"config.pipelines[0].steps[0].params.params.content_xpath"`, `"code":"format"`, "is not an XPath expression"} {
			if !strings.Contains(wrong, want) {
				t.Errorf("%s: the response does not contain %s: %s", request.method, want, wrong)
			}
		}
		wrong = string(c.do(request.method, request.path, body("//main[", `,"max_queue_size":0`)).want(422).body)
		if strings.Contains(wrong, "pipelines") || !strings.Contains(wrong, `"config.max_queue_size"`) {
			t.Errorf("%s: got %s", request.method, wrong)
		}
	}
}
