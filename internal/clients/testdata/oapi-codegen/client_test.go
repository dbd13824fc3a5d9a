// Package client tests the client that oapi-codegen makes.
package client

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"client/api"
)

const tenant = "oapi-codegen"

func newClient(t *testing.T, variable, tenant string) *api.ClientWithResponses {
	t.Helper()
	c, err := api.NewClientWithResponses(os.Getenv(variable), api.WithRequestEditorFn(
		func(_ context.Context, req *http.Request) error {
			req.Header.Set("X-Tenant-Id", tenant)
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// must returns the body of the expected response. body is nil if the response was another one, with
// the given status and content.
func must[T any](t *testing.T, body *T, status string, content []byte, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if body == nil {
		t.Fatalf("the response is %s: %s", status, content)
	}
	return *body
}

func seed(t *testing.T, url string) []api.Seed {
	t.Helper()
	var s api.Seed
	if err := s.FromStaticListSeed(api.StaticListSeed{Params: api.StaticListParams{Urls: api.UrlList{url}}}); err != nil {
		t.Fatal(err)
	}
	return []api.Seed{s}
}

// config returns a configuration with most kinds of parts.
func config(t *testing.T, url string, delay api.Duration) *api.Config {
	t.Helper()
	var urls, depth, age api.StoppingCriterion
	var exclusive api.StartingCriterion
	var hosts, regex, patterns, budget api.Filter
	var robots api.Policy
	for _, err := range []error{
		urls.FromMaxUrlsCriterion(api.MaxUrlsCriterion{Params: api.MaxUrlsParams{MaxUrls: 10000}}),
		depth.FromMaxDepthCriterion(api.MaxDepthCriterion{Params: api.MaxDepthParams{MaxDepth: 500}}),
		age.FromMaxAgeCriterion(api.MaxAgeCriterion{Params: api.MaxAgeParams{MaxAge: "1h"}}),
		exclusive.FromExclusiveCriterion(api.ExclusiveCriterion{Params: &api.ExclusiveParams{By: new(api.ExclusiveParamsByJobId), Limit: new(5)}}),
		hosts.FromSeedHostsFilter(api.SeedHostsFilter{}),
		regex.FromRegexPatternsFilter(api.RegexPatternsFilter{Params: &api.RegexPatternsParams{Deny: &api.RegexList{`\.zip$`}}}),
		patterns.FromUrlPatternsFilter(api.UrlPatternsFilter{Params: &api.UrlPatternsParams{Deny: &api.UrlPatternList{{Pathname: new("/private/*")}}}}),
		budget.FromBudgetFilter(api.BudgetFilter{Params: api.BudgetParams{By: api.Host, Limit: 1000}}),
		robots.FromRobotsTxtPolicy(api.RobotsTxtPolicy{Params: &api.RobotsTxtParams{DefaultDelay: new(any(delay))}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	seeds := seed(t, url)
	return &api.Config{
		Seeds:            &seeds,
		StoppingCriteria: &[]api.StoppingCriterion{urls, depth, age},
		StartingCriteria: &[]api.StartingCriterion{exclusive},
		Filters:          &[]api.Filter{hosts, regex, patterns, budget},
		Policies:         &[]api.Policy{robots},
		Speed:            &api.Speed{Concurrency: new(4)},
		Fetcher:          &api.Fetcher{Timeout: new("10s")},
		Traps:            &api.Traps{MaxHostUrls: new(1000)},
	}
}

// wait polls a run until done is true for it.
func wait(t *testing.T, c *api.ClientWithResponses, id uuid.UUID, done func(api.Run) bool) api.Run {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := c.GetRunWithResponse(t.Context(), id, nil)
		run := must(t, resp.JSON200, resp.Status(), resp.Body, err)
		if done(run) {
			return run
		}
		if time.Now().After(deadline) {
			t.Fatalf("the run is still %+v", run)
		}
	}
}

func finished(r api.Run) bool { return r.Status == api.Finished }

func TestRuns(t *testing.T) {
	c := newClient(t, "SERVICE_URL", tenant)
	ctx := t.Context()
	created, err := c.CreateJobWithResponse(ctx, nil, api.JobInput{
		Name: "pages", Labels: &api.LabelSet{"team": "research"}, Config: config(t, os.Getenv("SITE_URL")+"/pages/", "0s"),
	})
	job := must(t, created.JSON201, created.Status(), created.Body, err)
	if filters := *job.Config.Filters; len(filters) != 4 {
		t.Errorf("%d filters", len(filters))
	} else if kind, err := filters[3].ValueByDiscriminator(); err != nil || kind.(api.BudgetFilter).Params.Limit != 1000 {
		t.Errorf("the last filter is %v, %v", kind, err)
	}
	updated, err := c.UpdateJobWithResponse(ctx, job.Id, nil, api.JobPatch{Labels: &api.LabelSet{"team": "search"}})
	if job := must(t, updated.JSON200, updated.Status(), updated.Body, err); job.Labels["team"] != "search" {
		t.Errorf("the labels are %v", job.Labels)
	}

	given := uuid.Must(uuid.NewV7())
	want := []uuid.UUID{given}
	first, err := c.CreateRunWithResponse(ctx, job.Id, nil, api.RunInput{Id: &given})
	if run := must(t, first.JSON201, first.Status(), first.Body, err); run.Id != given || run.StopReason != nil {
		t.Errorf("the run is %+v", run)
	}
	for range 2 {
		next, err := c.CreateRunWithResponse(ctx, job.Id, nil, api.RunInput{})
		want = append(want, must(t, next.JSON201, next.Status(), next.Body, err).Id)
	}
	slices.Reverse(want) // most recent first
	for _, id := range want {
		run := wait(t, c, id, finished)
		if *run.StopReason != api.StopReasonMaxEmptyEvaluations || run.Progress.UrlsFetched != 6 || run.FinishedAt == nil {
			t.Errorf("the run is %+v", run)
		}
	}

	var got []uuid.UUID
	params := &api.ListRunsParams{
		PerPage: new(1), Statuses: &api.Statuses{api.Running, api.Finished}, JobIds: &api.JobIds{job.Id},
		StopReasons: &api.StopReasons{api.StopReasonMaxEmptyEvaluations}, CreatedAfter: new(job.CreatedAt.Add(-time.Hour)),
		Labels: &api.Labels{"team": "search"},
	}
	for {
		resp, err := c.ListRunsWithResponse(ctx, params)
		page := must(t, resp.JSON200, resp.Status(), resp.Body, err)
		for _, run := range page.Items {
			got = append(got, run.Id)
		}
		if params.Page = page.NextPage; page.NextPage == nil {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the walk shows %v, want %v", got, want)
	}
	none, err := c.ListJobRunsWithResponse(ctx, job.Id, &api.ListJobRunsParams{Labels: &api.Labels{"team": "research"}})
	if page := must(t, none.JSON200, none.Status(), none.Body, err); len(page.Items) != 0 {
		t.Errorf("%d runs have other labels", len(page.Items))
	}

	var urls []string
	logs := &api.ListRunLogsParams{PerPage: new(4), Statuses: &api.LogStatuses{api.LogStatusOk}}
	for {
		resp, err := c.ListRunLogsWithResponse(ctx, given, logs)
		page := must(t, resp.JSON200, resp.Status(), resp.Body, err)
		for _, e := range page.Items {
			urls = append(urls, e.Url)
		}
		if logs.Page = page.NextPage; page.NextPage == nil {
			break
		}
	}
	if len(urls) != 6 || !slices.Contains(urls, os.Getenv("SITE_URL")+"/pages/5") {
		t.Errorf("the log shows %v", urls)
	}

	deleted, err := c.DeleteRunWithResponse(ctx, given, nil)
	if err != nil || deleted.StatusCode() != http.StatusNoContent {
		t.Errorf("delete: %v %v", deleted, err)
	}
	gone, err := c.GetRunWithResponse(ctx, given, nil)
	if e := must(t, gone.JSON404, gone.Status(), gone.Body, err); e.Code != 404 || e.Message == "" {
		t.Errorf("the error is %+v", e)
	}
}

func TestLifecycle(t *testing.T) {
	c := newClient(t, "SERVICE_URL", tenant)
	ctx := t.Context()
	created, err := c.CreateJobWithResponse(ctx, &api.CreateJobParams{CreateRun: new(true)}, api.JobInput{
		Name: "endless", Config: config(t, os.Getenv("SITE_URL")+"/endless/0", "200ms"),
	})
	job := must(t, created.JSON201, created.Status(), created.Body, err)
	id := job.Run.Id
	wait(t, c, id, func(r api.Run) bool { return r.Status == api.Running && r.Progress.UrlsFetched > 0 })

	paused, err := c.PauseRunWithResponse(ctx, id, nil)
	if run := must(t, paused.JSON200, paused.Status(), paused.Body, err); run.Status != api.Paused || run.PausedAt == nil {
		t.Errorf("paused, the run is %+v", run)
	}
	resumed, err := c.ResumeRunWithResponse(ctx, id, nil)
	if run := must(t, resumed.JSON200, resumed.Status(), resumed.Body, err); run.Status != api.Running || run.PausedAt != nil {
		t.Errorf("resumed, the run is %+v", run)
	}
	unfinished, err := c.DeleteJobWithResponse(ctx, job.Id, nil)
	if e := must(t, unfinished.JSON409, unfinished.Status(), unfinished.Body, err); e.Code != 409 || e.Message == "" {
		t.Errorf("the error is %+v", e)
	}
	stopped, err := c.StopRunWithResponse(ctx, id, nil)
	if run := must(t, stopped.JSON200, stopped.Status(), stopped.Body, err); !finished(run) || *run.StopReason != api.StopReasonManual {
		t.Errorf("stopped, the run is %+v", run)
	}
	refused, err := c.PauseRunWithResponse(ctx, id, nil)
	if e := must(t, refused.JSON409, refused.Status(), refused.Body, err); e.Code != 409 || e.Message == "" {
		t.Errorf("the error is %+v", e)
	}
	deleted, err := c.DeleteJobWithResponse(ctx, job.Id, nil)
	if err != nil || deleted.StatusCode() != http.StatusNoContent {
		t.Errorf("delete: %v %v", deleted, err)
	}
}

func TestInvalid(t *testing.T) {
	c := newClient(t, "SERVICE_URL", tenant)
	resp, err := c.CreateJobWithResponse(t.Context(), nil, api.JobInput{Id: new(uuid.Nil), Name: ""})
	e := must(t, resp.JSON422, resp.Status(), resp.Body, err)
	slices.SortFunc(e.Fields, func(a, b api.FieldError) int { return cmp.Compare(a.Field, b.Field) })
	if e.Code != 422 || e.Message == "" || len(e.Fields) != 2 || e.Fields[0].Field != "id" || e.Fields[1].Errors[0].Code != "length" {
		t.Errorf("the error is %+v", e)
	}
}

// TestDefaults checks that the client does not send members of a configuration that are not set, so
// that they have the service's defaults.
func TestDefaults(t *testing.T) {
	c := newClient(t, "SERVICE_URL", tenant)
	seeds := seed(t, os.Getenv("SITE_URL")+"/pages/5")
	resp, err := c.CreateJobWithResponse(t.Context(), &api.CreateJobParams{CreateRun: new(true)},
		api.JobInput{Name: "defaults", Config: &api.Config{Seeds: &seeds, Speed: &api.Speed{}, Traps: &api.Traps{}}})
	run := must(t, resp.JSON201, resp.Status(), resp.Body, err).Run
	if len(run.Config.Filters) != 1 || len(run.Config.Policies) != 1 || run.Config.Speed.Concurrency == 0 {
		t.Errorf("the configuration is %+v", run.Config)
	}
	wait(t, c, run.Id, finished)
}

func TestGateway(t *testing.T) {
	errors := map[string]func(*api.ListRunsResponse) *api.GatewayError{
		"401": func(r *api.ListRunsResponse) *api.GatewayError { return r.JSON401 },
		"403": func(r *api.ListRunsResponse) *api.GatewayError { return r.JSON403 },
		"413": func(r *api.ListRunsResponse) *api.GatewayError { return r.JSON413 },
		"429": func(r *api.ListRunsResponse) *api.GatewayError { return r.JSON429 },
		"431": func(r *api.ListRunsResponse) *api.GatewayError { return r.JSON431 },
		"500": func(r *api.ListRunsResponse) *api.GatewayError { return r.JSON500 },
		"503": func(r *api.ListRunsResponse) *api.GatewayError { return r.JSON503 },
	}
	for status, read := range errors {
		resp, err := newClient(t, "GATEWAY_URL", status).ListRunsWithResponse(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if e := read(resp); e == nil || e.Message == "" || e.Code != nil {
			t.Errorf("%s: the error is %+v", status, e)
		}
	}
}

// TestLaterVersion checks that the client ignores members that it does not know, because later
// versions of the service may send some.
func TestLaterVersion(t *testing.T) {
	resp, err := newClient(t, "GATEWAY_URL", tenant).GetRunWithResponse(t.Context(), uuid.New(), nil)
	if run := must(t, resp.JSON200, resp.Status(), resp.Body, err); run.Status != api.Running {
		t.Errorf("the run is %+v", run)
	}
}

func TestDocuments(t *testing.T) {
	c := newClient(t, "SERVICE_URL", tenant)
	doc, err := c.GetOpenapiWithResponse(t.Context(), nil)
	if d := must(t, doc.JSON200, doc.Status(), doc.Body, err); d.Paths["/v1/runs"] == nil {
		t.Error("the description has no /v1/runs")
	}
	docs, err := c.GetDocsWithResponse(t.Context(), nil)
	if err != nil || docs.StatusCode() != http.StatusOK || len(docs.Body) == 0 {
		t.Errorf("docs: %v", err)
	}
}
