package runs

import (
	"cmp"
	"errors"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// The tests in this file call the service at SERVICE_URL, which crawls the site at SITE_URL. They are
// skipped without one. make test-clients starts both.

func service(t *testing.T) *ClientWithResponses {
	t.Helper()
	server := os.Getenv("SERVICE_URL")
	if server == "" {
		t.Skip("SERVICE_URL names no service")
	}
	c, err := Connect(server, Options{Tenant: "go"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// must returns a response that is a success.
func must[T any](response T, err error) T {
	if err != nil {
		panic(err)
	}
	return response
}

// refused checks that the service responded with a status, and returns the error.
func refused(t *testing.T, err error, status int) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Status != status || e.Message == "" || e.Reason == "" || e.RequestID == "" {
		t.Fatalf("the error is %#v, want status %d", err, status)
	}
	return e
}

func seed(t *testing.T, url string) Seed {
	t.Helper()
	var s Seed
	if err := s.FromStaticListSeed(StaticListSeed{Params: StaticListParams{Urls: URLList{url}}}); err != nil {
		t.Fatal(err)
	}
	return s
}

// config returns a configuration with most kinds of parts.
func config(t *testing.T, url string, delay Duration) *Config {
	t.Helper()
	var urls, depth, age StoppingCriterion
	var exclusive StartingCriterion
	var hosts, regex, patterns, budget Filter
	var robots Policy
	for _, err := range []error{
		urls.FromMaxUrlsCriterion(MaxUrlsCriterion{Params: MaxUrlsParams{MaxUrls: 10000}}),
		depth.FromMaxDepthCriterion(MaxDepthCriterion{Params: MaxDepthParams{MaxDepth: 500}}),
		age.FromMaxAgeCriterion(MaxAgeCriterion{Params: MaxAgeParams{MaxAge: "1h"}}),
		exclusive.FromExclusiveCriterion(ExclusiveCriterion{Params: &ExclusiveParams{By: new(ExclusiveParamsByJobID), Limit: new(5)}}),
		hosts.FromSeedHostsFilter(SeedHostsFilter{}),
		regex.FromRegexPatternsFilter(RegexPatternsFilter{Params: &RegexPatternsParams{Deny: RegexList{`\.zip$`}}}),
		patterns.FromURLPatternsFilter(URLPatternsFilter{Params: &URLPatternsParams{Deny: URLPatternList{{Pathname: new("/private/*")}}}}),
		budget.FromBudgetFilter(BudgetFilter{Params: BudgetParams{By: BudgetParamsByHost, Limit: 1000}}),
		robots.FromRobotsTxtPolicy(RobotsTxtPolicy{Params: &RobotsTxtParams{DefaultDelay: new(any(delay))}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return &Config{
		Seeds:            []Seed{seed(t, url)},
		StoppingCriteria: []StoppingCriterion{urls, depth, age},
		StartingCriteria: []StartingCriterion{exclusive},
		Filters:          []Filter{hosts, regex, patterns, budget},
		Policies:         []Policy{robots},
		Speed:            &Speed{Concurrency: new(4)},
		Fetcher:          &Fetcher{Timeout: new("10s")},
		Traps:            &Traps{MaxHostUrls: new(1000)},
	}
}

func TestRuns(t *testing.T) {
	c, ctx := service(t), t.Context()
	job := must(c.CreateJobWithResponse(ctx, nil, JobInput{
		Name: "pages", Labels: LabelSet{"team": "research"}, Config: config(t, os.Getenv("SITE_URL")+"/pages/", "0s"),
	})).JSON201
	if filters := job.Config.Filters; len(filters) != 4 {
		t.Errorf("%d filters", len(filters))
	} else if kind, err := filters[3].ValueByDiscriminator(); err != nil || kind.(BudgetFilter).Params.Limit != 1000 {
		t.Errorf("the last filter is %v, %v", kind, err)
	}
	job = must(c.UpdateJobWithResponse(ctx, job.ID, nil, JobPatch{Labels: LabelSet{"team": "search"}})).JSON200
	if job.Labels["team"] != "search" {
		t.Errorf("the labels are %v", job.Labels)
	}

	given := uuid.Must(uuid.NewV7())
	want := []uuid.UUID{given}
	if run := must(c.CreateRunWithResponse(ctx, job.ID, nil, RunInput{ID: &given})).JSON201; run.ID != given || run.StopReason != nil {
		t.Errorf("the run is %+v", run)
	}
	for range 2 {
		want = append(want, must(c.CreateRunWithResponse(ctx, job.ID, nil, RunInput{})).JSON201.ID)
	}
	slices.Reverse(want) // most recent first
	for _, id := range want {
		run := must(c.WaitRun(ctx, id))
		if *run.StopReason != StopReasonMaxEmptyEvaluations || run.Progress.UrlsFetched != 6 || run.FinishedAt == nil {
			t.Errorf("the run is %+v", run)
		}
	}

	var got []uuid.UUID
	for run, err := range c.Runs(ctx, &ListRunsParams{
		PerPage: new(1), Statuses: StatusList{StatusRunning, StatusFinished}, JobIds: IDList{job.ID},
		StopReasons: StopReasonList{StopReasonMaxEmptyEvaluations}, CreatedAfter: new(job.CreatedAt.Add(-time.Hour)),
		Labels: LabelFilter{"team": "search"},
	}) {
		got = append(got, must(run, err).ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the walk shows %v, want %v", got, want)
	}
	for run, err := range c.JobRuns(ctx, job.ID, &ListJobRunsParams{Labels: LabelFilter{"team": "research"}}) {
		t.Errorf("a run has other labels: %+v, %v", run, err)
	}

	var walked, followed []string
	ok := ListRunLogsParams{PerPage: new(4), Statuses: LogStatusList{LogStatusOk}}
	for entry, err := range c.Logs(ctx, given, &ok) {
		walked = append(walked, must(entry, err).URL)
	}
	if len(walked) != 6 || !slices.Contains(walked, os.Getenv("SITE_URL")+"/pages/5") {
		t.Errorf("the log shows %v", walked)
	}
	ok.PerPage = nil
	for entry, err := range c.FollowLog(ctx, given, &ok) {
		followed = append(followed, must(entry, err).URL)
	}
	if slices.Reverse(followed); !slices.Equal(followed, walked) {
		t.Errorf("followed, the log is %v, want %v", followed, walked)
	}

	must(c.DeleteRunWithResponse(ctx, given, nil))
	_, err := c.WaitRun(ctx, given)
	refused(t, err, http.StatusNotFound)
}

func TestLifecycle(t *testing.T) {
	c, ctx := service(t), t.Context()
	job := must(c.CreateJobWithResponse(ctx, &CreateJobParams{CreateRun: new(true)}, JobInput{
		Name: "endless", Config: config(t, os.Getenv("SITE_URL")+"/endless/0", "200ms"),
	})).JSON201
	id := job.Run.ID
	for range c.FollowLog(ctx, id, nil) {
		break // The run has fetched a page.
	}
	if run := must(c.PauseRunWithResponse(ctx, id, nil)).JSON200; run.Status != StatusPaused || run.PausedAt == nil {
		t.Errorf("paused, the run is %+v", run)
	}
	if run := must(c.ResumeRunWithResponse(ctx, id, nil)).JSON200; run.Status != StatusRunning || run.PausedAt != nil {
		t.Errorf("resumed, the run is %+v", run)
	}
	_, err := c.DeleteJobWithResponse(ctx, job.ID, nil)
	refused(t, err, http.StatusConflict)
	waited := make(chan *Run)
	go func() { waited <- must(c.WaitRun(ctx, id)) }()
	must(c.StopRunWithResponse(ctx, id, nil))
	if run := <-waited; *run.StopReason != StopReasonManual {
		t.Errorf("stopped, the run is %+v", run)
	}
	_, err = c.PauseRunWithResponse(ctx, id, nil)
	refused(t, err, http.StatusConflict)
	must(c.DeleteJobWithResponse(ctx, job.ID, nil))
}

func TestInvalid(t *testing.T) {
	_, err := service(t).CreateJobWithResponse(t.Context(), nil, JobInput{ID: new(uuid.Nil), Name: ""})
	e := refused(t, err, http.StatusUnprocessableEntity)
	slices.SortFunc(e.Fields, func(a, b FieldError) int { return cmp.Compare(a.Field, b.Field) })
	if len(e.Fields) != 2 || e.Fields[0].Field != "id" || e.Fields[1].Errors[0].Code != "length" {
		t.Errorf("the error is %+v", e)
	}
}

// TestDefaults checks that the client does not send members of a configuration that are not set, so
// that they have the service's defaults.
func TestDefaults(t *testing.T) {
	c, ctx := service(t), t.Context()
	run := must(c.CreateJobWithResponse(ctx, &CreateJobParams{CreateRun: new(true)}, JobInput{
		Name:   "defaults",
		Config: &Config{Seeds: []Seed{seed(t, os.Getenv("SITE_URL")+"/pages/5")}, Speed: &Speed{}, Traps: &Traps{}},
	})).JSON201.Run
	if len(run.Config.Filters) != 1 || len(run.Config.Policies) != 1 || run.Config.Speed.Concurrency == 0 {
		t.Errorf("the configuration is %+v", run.Config)
	}
	must(c.WaitRun(ctx, run.ID))
}
