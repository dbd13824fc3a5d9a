package runs

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestWaitRun(t *testing.T) {
	unknown := response{status: http.StatusUnprocessableEntity, body: `{"code":422,"message":"the request is invalid","reason":"invalid"}`}
	for name, test := range map[string]struct {
		responses []response
		queries   []string
		least     time.Duration
		status    int // of the error, or 0
	}{
		"finished already": {responses: []response{runIn(StatusFinished)}, queries: []string{""}},
		"waits in each status": {
			responses: []response{runIn(StatusPending), runIn(StatusRunning), runIn(StatusRunning), runIn(StatusFinished)},
			queries:   []string{"", "wait=20s&while=pending", "wait=20s&while=running", "wait=20s&while=running"},
			least:     pollTime, // because the script does not wait
		},
		"a service that cannot wait": {
			responses: []response{runIn(StatusRunning), unknown, runIn(StatusRunning), runIn(StatusFinished)},
			queries:   []string{"", "wait=20s&while=running", "", ""},
			least:     pollTime,
		},
		"deleted":    {responses: []response{runIn(StatusRunning), {status: http.StatusNotFound}}, queries: []string{"", "wait=20s&while=running"}, status: 404},
		"always 422": {responses: []response{unknown}, queries: []string{""}, status: 422},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{responses: test.responses}
				began := time.Now()
				run, err := connect(t, s, Options{}).WaitRun(t.Context(), runID)
				var e *Error
				if errors.As(err, &e) != (test.status != 0) || (e != nil && e.Status != test.status) {
					t.Errorf("the error is %v", err)
				}
				if err == nil && run.Status != StatusFinished {
					t.Errorf("the run is %s", run.Status)
				}
				var queries []string
				for _, req := range s.requests {
					queries = append(queries, req.URL.Query().Encode())
				}
				if !slices.Equal(queries, test.queries) {
					t.Errorf("the queries are %q, want %q", queries, test.queries)
				}
				if elapsed := time.Since(began); elapsed < test.least {
					t.Errorf("it took %v", elapsed)
				}
			})
		})
	}
}

func TestFollowLog(t *testing.T) {
	ids := []string{
		"00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002",
		"00000000-0000-4000-8000-000000000003", "00000000-0000-4000-8000-000000000004",
	}
	entries := func(next string, numbers ...int) response {
		items := ""
		for i, n := range numbers {
			if i > 0 {
				items += ","
			}
			items += `{"id":"` + ids[n-1] + `"}`
		}
		return page(items, next)
	}
	for name, test := range map[string]struct {
		responses []response
		want      []string
	}{
		"new entries on two pages": {
			[]response{
				runIn(StatusRunning), entries(`"older"`, 1),
				runIn(StatusRunning), entries(`null`, 1),
				runIn(StatusFinished), entries(`"2"`, 4, 3), entries(`"3"`, 2, 1),
			}, ids,
		},
		"no entry at first": {
			[]response{runIn(StatusRunning), entries(`null`), runIn(StatusFinished), entries(`"2"`, 2), entries(`null`, 1)}, ids[:2],
		},
		"a finished run": {[]response{runIn(StatusFinished), entries(`"older"`, 2, 1)}, ids[:2]},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{responses: test.responses}
				var got []string
				for entry, err := range connect(t, s, Options{}).FollowLog(t.Context(), runID, nil) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, entry.ID.String())
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("the entries are %v, want %v", got, test.want)
				}
				if len(s.requests) != len(test.responses) {
					t.Errorf("%d requests", len(s.requests))
				}
			})
		})
	}
	t.Run("a deleted run", func(t *testing.T) {
		s := &script{responses: []response{{status: http.StatusNotFound}}}
		n := 0
		for _, err := range connect(t, s, Options{}).FollowLog(t.Context(), runID, nil) {
			if n++; err == nil {
				t.Error("there is no error")
			}
		}
		if n != 1 {
			t.Errorf("%d elements", n)
		}
	})
}
