package runs

import (
	"net/http"
	"slices"
	"testing"
)

func page(items, next string) response {
	return response{status: http.StatusOK, body: `{"items":[` + items + `],"next_page":` + next + `,"searched_until":null}`}
}

func TestWalk(t *testing.T) {
	pages := []response{page(`{"name":"a"},{"name":"b"}`, `"2"`), page(``, `"3"`), page(`{"name":"c"}`, `null`)}
	names := func(t *testing.T, s *script, params *ListJobsParams, most int) (names []string, failure error) {
		t.Helper()
		for job, err := range connect(t, s, Options{}).Jobs(t.Context(), params) {
			if err != nil {
				return names, err
			}
			if names = append(names, job.Name); len(names) == most {
				break
			}
		}
		return names, nil
	}
	t.Run("all pages", func(t *testing.T) {
		s := &script{responses: pages}
		params := &ListJobsParams{PerPage: new(2)}
		got, err := names(t, s, params, -1)
		if !slices.Equal(got, []string{"a", "b", "c"}) || err != nil {
			t.Errorf("%v, %v", got, err)
		}
		var queries []string
		for _, req := range s.requests {
			queries = append(queries, req.URL.Query().Encode())
		}
		if !slices.Equal(queries, []string{"per_page=2", "page=2&per_page=2", "page=3&per_page=2"}) || params.Page != nil {
			t.Errorf("the queries are %q, and the caller's page is %v", queries, params.Page)
		}
	})
	t.Run("no more than is wanted", func(t *testing.T) {
		s := &script{responses: pages}
		if got, err := names(t, s, nil, 2); len(got) != 2 || err != nil || len(s.requests) != 1 {
			t.Errorf("%v, %v after %d requests", got, err, len(s.requests))
		}
	})
	t.Run("until an error", func(t *testing.T) {
		s := &script{responses: []response{pages[0], {status: http.StatusForbidden}}}
		if got, err := names(t, s, nil, -1); len(got) != 2 || err == nil {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("twice", func(t *testing.T) {
		s := &script{responses: []response{pages[0], pages[2], pages[0], pages[2]}}
		jobs := connect(t, s, Options{}).Jobs(t.Context(), nil)
		for range 2 {
			for job := range jobs {
				if job.Name == "c" {
					break // on the second page
				}
			}
		}
		if again := s.requests[2].URL.Query(); again.Has("page") {
			t.Errorf("the second walk begins at page %s", again.Get("page"))
		}
	})
}
