// Package client tests the client that ogen makes.
package client

import (
	"cmp"
	"io"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/go-faster/jx"
	"github.com/google/uuid"

	"client/api"
)

var tenant = api.NewOptString("ogen")

func newClient(t *testing.T, variable string) *api.Client {
	t.Helper()
	c, err := api.NewClient(os.Getenv(variable))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// must returns the body of a response, which must be a T. If the response has described headers,
// ogen wraps the body in a type that is named after the operation or after another operation with
// the same response.
func must[T any](t *testing.T, resp any, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	switch resp := resp.(type) {
	case *T:
		return *resp
	case interface{ GetResponse() T }:
		return resp.GetResponse()
	}
	t.Fatalf("the response is %T: %+v", resp, resp)
	panic("unreachable")
}

func seed(url string) []api.Seed {
	return []api.Seed{api.NewStaticListSeedSeed(api.StaticListSeed{Params: api.StaticListParams{Urls: api.UrlList{url}}})}
}

// config returns a configuration with most kinds of parts.
func config(url string, delay api.Duration) api.Config {
	return api.Config{
		Seeds: seed(url),
		StoppingCriteria: []api.StoppingCriterion{
			api.NewMaxUrlsCriterionStoppingCriterion(api.MaxUrlsCriterion{Params: api.MaxUrlsParams{MaxUrls: 10000}}),
			api.NewMaxDepthCriterionStoppingCriterion(api.MaxDepthCriterion{Params: api.MaxDepthParams{MaxDepth: 500}}),
			api.NewMaxAgeCriterionStoppingCriterion(api.MaxAgeCriterion{Params: api.MaxAgeParams{MaxAge: "1h"}}),
		},
		StartingCriteria: []api.StartingCriterion{
			api.NewExclusiveCriterionStartingCriterion(api.ExclusiveCriterion{
				Params: api.NewOptExclusiveParams(api.ExclusiveParams{By: api.NewOptExclusiveParamsBy("job_id"), Limit: api.NewOptInt(5)}),
			}),
		},
		Filters: []api.Filter{
			api.NewSeedHostsFilterFilter(api.SeedHostsFilter{}),
			api.NewRegexPatternsFilterFilter(api.RegexPatternsFilter{
				Params: api.NewOptRegexPatternsParams(api.RegexPatternsParams{Deny: api.RegexList{`\.zip$`}}),
			}),
			api.NewUrlPatternsFilterFilter(api.UrlPatternsFilter{
				Params: api.NewOptUrlPatternsParams(api.UrlPatternsParams{Deny: api.UrlPatternList{{Pathname: api.NewOptString("/private/*")}}}),
			}),
			api.NewBudgetFilterFilter(api.BudgetFilter{Params: api.BudgetParams{By: "host", Limit: 1000}}),
		},
		Policies: []api.Policy{
			api.NewRobotsTxtPolicyPolicy(api.RobotsTxtPolicy{
				Params: api.NewOptRobotsTxtParams(api.RobotsTxtParams{DefaultDelay: jx.Raw(strconv.Quote(string(delay)))}),
			}),
		},
		Speed:   api.NewOptSpeed(api.Speed{Concurrency: api.NewOptInt(4)}),
		Fetcher: api.NewOptFetcher(api.Fetcher{Timeout: api.NewOptDuration("10s")}),
		Traps:   api.NewOptTraps(api.Traps{MaxHostUrls: api.NewOptInt(1000)}),
	}
}

// wait polls a run until done is true for it.
func wait(t *testing.T, c *api.Client, id api.ID, done func(api.Run) bool) api.Run {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		resp, err := c.GetRun(t.Context(), api.GetRunParams{RunID: id, XTenantID: tenant})
		run := must[api.Run](t, resp, err)
		if done(run) {
			return run
		}
		if time.Now().After(deadline) {
			t.Fatalf("the run is still %+v", run)
		}
	}
}

func finished(r api.Run) bool { return r.Status == api.StatusFinished }

func TestRuns(t *testing.T) {
	c := newClient(t, "SERVICE_URL")
	ctx := t.Context()
	created, err := c.CreateJob(ctx, &api.JobInput{
		Name:   "pages",
		Labels: api.NewOptLabelSet(api.LabelSet{"team": "research"}),
		Config: api.NewOptConfig(config(os.Getenv("SITE_URL")+"/pages/", "0s")),
	}, api.CreateJobParams{XTenantID: tenant})
	job := must[api.Job](t, created, err)
	if filters := job.Config.Value.Filters; len(filters) != 4 || filters[3].BudgetFilter.Params.Limit != 1000 {
		t.Errorf("the filters are %+v", filters)
	}
	updated, err := c.UpdateJob(ctx, &api.JobPatch{Labels: api.NewOptLabelSet(api.LabelSet{"team": "search"})},
		api.UpdateJobParams{JobID: job.ID, XTenantID: tenant})
	if job := must[api.Job](t, updated, err); job.Labels["team"] != "search" {
		t.Errorf("the labels are %v", job.Labels)
	}

	given := api.ID(uuid.Must(uuid.NewV7()))
	want := []api.ID{given}
	params := api.CreateRunParams{JobID: job.ID, XTenantID: tenant}
	first, err := c.CreateRun(ctx, api.NewOptRunInput(api.RunInput{ID: api.NewOptID(given)}), params)
	if run := must[api.Run](t, first, err); run.ID != given || !run.StopReason.Null {
		t.Errorf("the run is %+v", run)
	}
	for _, body := range []api.OptRunInput{{}, api.NewOptRunInput(api.RunInput{})} {
		next, err := c.CreateRun(ctx, body, params)
		want = append(want, must[api.Run](t, next, err).ID)
	}
	slices.Reverse(want) // most recent first
	for _, id := range want {
		run := wait(t, c, id, finished)
		if run.StopReason.Value != api.StopReasonMaxEmptyEvaluations || run.Progress.UrlsFetched != 6 || run.FinishedAt.Null {
			t.Errorf("the run is %+v", run)
		}
	}

	var got []api.ID
	list := api.ListRunsParams{
		XTenantID: tenant, PerPage: api.NewOptInt(1), Statuses: api.StatusList{api.StatusRunning, api.StatusFinished},
		JobIds: api.IdList{job.ID}, StopReasons: api.StopReasonList{api.StopReasonMaxEmptyEvaluations},
		CreatedAfter: api.NewOptDateTime(time.Time(job.CreatedAt).Add(-time.Hour)),
		Labels:       api.NewOptLabels(api.Labels{"team": "search"}),
	}
	for more := true; more; {
		resp, err := c.ListRuns(ctx, list)
		page := must[api.RunPage](t, resp, err)
		for _, run := range page.Items {
			got = append(got, run.ID)
		}
		list.Page, more = api.NewOptString(string(page.NextPage.Value)), !page.NextPage.Null
	}
	if !slices.Equal(got, want) {
		t.Errorf("the walk shows %v, want %v", got, want)
	}
	none, err := c.ListJobRuns(ctx, api.ListJobRunsParams{
		JobID: job.ID, XTenantID: tenant, Labels: api.NewOptLabels(api.Labels{"team": "research"}),
	})
	if page := must[api.RunPage](t, none, err); len(page.Items) != 0 {
		t.Errorf("%d runs have other labels", len(page.Items))
	}

	var urls []string
	logs := api.ListRunLogsParams{
		RunID: given, XTenantID: tenant, PerPage: api.NewOptInt(4), Statuses: api.LogStatusList{api.LogStatusOk},
	}
	for more := true; more; {
		resp, err := c.ListRunLogs(ctx, logs)
		page := must[api.LogPage](t, resp, err)
		for _, e := range page.Items {
			urls = append(urls, e.URL)
		}
		logs.Page, more = api.NewOptString(string(page.NextPage.Value)), !page.NextPage.Null
	}
	if len(urls) != 6 || !slices.Contains(urls, os.Getenv("SITE_URL")+"/pages/5") {
		t.Errorf("the log shows %v", urls)
	}

	deleted, err := c.DeleteRun(ctx, api.DeleteRunParams{RunID: given, XTenantID: tenant})
	must[api.Deleted](t, deleted, err)
	gone, err := c.GetRun(ctx, api.GetRunParams{RunID: given, XTenantID: tenant})
	if e := must[api.Error](t, gone, err); e.Code != 404 || e.Message == "" {
		t.Errorf("the error is %+v", e)
	}
}

func TestLifecycle(t *testing.T) {
	c := newClient(t, "SERVICE_URL")
	ctx := t.Context()
	created, err := c.CreateJob(ctx, &api.JobInput{
		Name: "endless", Config: api.NewOptConfig(config(os.Getenv("SITE_URL")+"/endless/0", "200ms")),
	}, api.CreateJobParams{CreateRun: api.NewOptBool(true), XTenantID: tenant})
	job := must[api.Job](t, created, err)
	id := job.Run.Value.ID
	wait(t, c, id, func(r api.Run) bool { return r.Status == api.StatusRunning && r.Progress.UrlsFetched > 0 })

	pause := api.PauseRunParams{RunID: id, XTenantID: tenant}
	paused, err := c.PauseRun(ctx, pause)
	if run := must[api.Run](t, paused, err); run.Status != api.StatusPaused || run.PausedAt.Null {
		t.Errorf("paused, the run is %+v", run)
	}
	resumed, err := c.ResumeRun(ctx, api.ResumeRunParams{RunID: id, XTenantID: tenant})
	if run := must[api.Run](t, resumed, err); run.Status != api.StatusRunning || !run.PausedAt.Null {
		t.Errorf("resumed, the run is %+v", run)
	}
	deletion := api.DeleteJobParams{JobID: job.ID, XTenantID: tenant}
	unfinished, err := c.DeleteJob(ctx, deletion)
	if e := must[api.Error](t, unfinished, err); e.Code != 409 || e.Message == "" {
		t.Errorf("the error is %+v", e)
	}
	stopped, err := c.StopRun(ctx, api.StopRunParams{RunID: id, XTenantID: tenant})
	if run := must[api.Run](t, stopped, err); !finished(run) || run.StopReason.Value != api.StopReasonManual {
		t.Errorf("stopped, the run is %+v", run)
	}
	refused, err := c.PauseRun(ctx, pause)
	if e := must[api.Error](t, refused, err); e.Code != 409 || e.Message == "" {
		t.Errorf("the error is %+v", e)
	}
	deleted, err := c.DeleteJob(ctx, deletion)
	must[api.Deleted](t, deleted, err)
}

func TestInvalid(t *testing.T) {
	c := newClient(t, "SERVICE_URL")
	resp, err := c.CreateJob(t.Context(), &api.JobInput{ID: api.NewOptID(api.ID(uuid.Nil)), Name: ""}, api.CreateJobParams{XTenantID: tenant})
	e := must[api.InvalidError](t, resp, err)
	slices.SortFunc(e.Fields, func(a, b api.FieldError) int { return cmp.Compare(a.Field, b.Field) })
	if e.Code != 422 || e.Message == "" || len(e.Fields) != 2 || e.Fields[0].Field != "id" || e.Fields[1].Errors[0].Code != "length" {
		t.Errorf("the error is %+v", e)
	}
}

// TestDefaults checks that the client does not send members of a configuration that are not set, so
// that they have the service's defaults.
func TestDefaults(t *testing.T) {
	c := newClient(t, "SERVICE_URL")
	resp, err := c.CreateJob(t.Context(), &api.JobInput{
		Name: "defaults",
		Config: api.NewOptConfig(api.Config{
			Seeds: seed(os.Getenv("SITE_URL") + "/pages/5"), Speed: api.NewOptSpeed(api.Speed{}), Traps: api.NewOptTraps(api.Traps{}),
		}),
	}, api.CreateJobParams{CreateRun: api.NewOptBool(true), XTenantID: tenant})
	run := must[api.Job](t, resp, err).Run.Value
	if len(run.Config.Value.Filters) != 1 || len(run.Config.Value.Policies) != 1 || run.Config.Value.Speed.Concurrency == 0 {
		t.Errorf("the configuration is %+v", run.Config)
	}
	wait(t, c, run.ID, finished)
}

func TestGateway(t *testing.T) {
	c := newClient(t, "GATEWAY_URL")
	for _, status := range []string{"401", "403", "413", "429", "431", "500", "503"} {
		resp, err := c.ListRuns(t.Context(), api.ListRunsParams{XTenantID: api.NewOptString(status)})
		if e := must[api.GatewayError](t, resp, err); e.Message == "" || e.Code.Set {
			t.Errorf("%s: the error is %+v", status, e)
		}
	}
}

// TestLaterVersion checks that the client ignores members that it does not know, because later
// versions of the service may send some.
func TestLaterVersion(t *testing.T) {
	resp, err := newClient(t, "GATEWAY_URL").GetRun(t.Context(), api.GetRunParams{RunID: api.ID(uuid.New())})
	if run := must[api.Run](t, resp, err); run.Status != api.StatusRunning {
		t.Errorf("the run is %+v", run)
	}
}

func TestDocuments(t *testing.T) {
	c := newClient(t, "SERVICE_URL")
	doc, err := c.GetOpenapi(t.Context(), api.GetOpenapiParams{})
	if d := must[api.Document](t, doc, err); len(d.Paths["/v1/runs"]) == 0 {
		t.Error("the description has no /v1/runs")
	}
	docs, err := c.GetDocs(t.Context(), api.GetDocsParams{})
	page := must[api.GetDocsOK](t, docs, err)
	if text, err := io.ReadAll(page); err != nil || len(text) == 0 {
		t.Errorf("docs: %d bytes, %v", len(text), err)
	}
}
