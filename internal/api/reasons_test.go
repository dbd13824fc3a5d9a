package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/fault"
)

// Each error has its reason. Other tests check reasonsElsewhere.
func TestReasons(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(`{"name":"docs","config":{"starting_criteria":[{"kind":"exclusive","params":{"by":"job_id","limit":1}}]}}`)
	jobPath := "/v1/jobs/" + j.ID.String()
	first := c.do("POST", jobPath+"/runs", `{"id":"`+idB+`"}`, keyHeader, "k").want(201).run()
	runPath := "/v1/runs/" + first.ID.String()
	free := c.createJob(minimal)
	shown := map[fault.Reason]bool{}
	for _, tt := range []struct {
		reason       fault.Reason
		status       int
		method, path string
		body         any
		header       []string
	}{
		{"exclusive", 409, "POST", jobPath + "/runs", nil, nil},
		{"exists", 409, "POST", "/v1/jobs/" + free.ID.String() + "/runs", `{"id":"` + idB + `"}`, nil},
		{"wrong_state", 409, "PUT", runPath + "/pause", nil, nil},
		{"unfinished_runs", 409, "DELETE", jobPath, nil, nil},
		{"invalid", 422, "POST", jobPath + "/runs", `{}`, []string{keyHeader, "k", "If-Match", "*"}},
		{"idempotency_key_reused", 422, "POST", jobPath + "/runs", `{"id":"` + idA + `"}`, []string{keyHeader, "k"}},
		{"etag_mismatch", 412, "PUT", runPath + "/stop", nil, []string{"If-Match", `"x"`}},
		{"invalid_cursor", 422, "GET", "/v1/runs?page=x", nil, nil},
		{"malformed_body", 400, "POST", "/v1/jobs", `{`, nil},
		{"unsupported_media_type", 415, "POST", "/v1/jobs", `{}`, []string{"Content-Type", "text/plain"}},
		{"body_too_large", 413, "POST", "/v1/jobs", strings.Repeat(" ", 256<<10+1), nil},
		{"no_such_job", 404, "GET", "/v1/jobs/" + idA, nil, nil},
		{"no_such_run", 404, "GET", "/v1/runs/" + idA, nil, nil},
		{"no_such_artifact", 404, "GET", "/v1/artifacts/" + idA + ".1.0.0", nil, nil},
		{"no_such_path", 404, "GET", "/v1/nothing", nil, nil},
		{"wrong_method", 405, "POST", "/v1/runs", nil, nil},
		{"", 204, "DELETE", runPath, nil, nil},
		{"being_deleted", 409, "POST", jobPath + "/runs", `{"id":"` + idB + `"}`, nil},
	} {
		r := c.do(tt.method, tt.path, tt.body, tt.header...).want(tt.status)
		if tt.reason == "" {
			continue
		}
		t.Run(string(tt.reason), func(t *testing.T) {
			if f := r.errorBody(); f.Reason != string(tt.reason) || f.Message == "" {
				t.Errorf("%s: %s", r.call, r.body)
			}
		})
		shown[tt.reason] = true
	}
	for _, r := range fault.Reasons() {
		if shown[r] == slices.Contains(reasonsElsewhere, r) {
			t.Errorf("%s must be either in the table or in reasonsElsewhere", r)
		}
	}
}

// reasonsElsewhere are the reasons that tests of other subjects show.
var reasonsElsewhere = []fault.Reason{
	// TestRequestsThatReachNoHandler
	fault.ReasonMalformedRequest, fault.ReasonExpectation, fault.ReasonHeaderTooLarge, fault.ReasonTransferEncoding, fault.ReasonHTTPVersion,
	// TestBlob
	fault.ReasonRange,
	// TestEvents, TestEventsNeedAHub
	fault.ReasonTooManyStreams, fault.ReasonUseWait,
	// TestForeignHosts, TestForeignPages
	fault.ReasonForeignHost, fault.ReasonForeignOrigin,
	// TestTokenNamesTheTenant in lambdafn
	fault.ReasonNoTenant, fault.ReasonOtherTenant,
	// TestKeyInProgress and TestOutdatedConfig in store
	fault.ReasonRequestInProgress, fault.ReasonConfigOutdated,
	// TestExportsOfARun, and TestListOfExports in store
	fault.ReasonNoSuchExport, fault.ReasonNotKept, fault.ReasonTooManyExports,
	// TestErrorsBecomeStatuses, and TestErrorsOfDynamoDB in store
	fault.ReasonInternal, fault.ReasonStoreThrottled, fault.ReasonStoreBusy, fault.ReasonStoreUnavailable, fault.ReasonTimeout,
}
