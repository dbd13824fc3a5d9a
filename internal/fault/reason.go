package fault

import (
	"fmt"
	"slices"
)

// A Reason tells programs why a request was refused. Unlike a message it is stable. It is more
// specific than a Kind: each reason belongs to one kind.
type Reason string

// The reasons. The file openapi.yaml describes them for callers.
const (
	ReasonInternal Reason = "internal"

	ReasonMalformedRequest Reason = "malformed_request"
	ReasonMalformedBody    Reason = "malformed_body"

	ReasonNoTenant      Reason = "no_tenant"
	ReasonOtherTenant   Reason = "other_tenant"
	ReasonForeignHost   Reason = "foreign_host"
	ReasonForeignOrigin Reason = "foreign_origin"

	ReasonNoSuchExport   Reason = "no_such_export"
	ReasonNoSuchPath     Reason = "no_such_path"
	ReasonNoSuchJob      Reason = "no_such_job"
	ReasonNoSuchRun      Reason = "no_such_run"
	ReasonNoSuchArtifact Reason = "no_such_artifact"
	ReasonWrongMethod    Reason = "wrong_method"

	ReasonExists            Reason = "exists"
	ReasonBeingDeleted      Reason = "being_deleted"
	ReasonExclusive         Reason = "exclusive"
	ReasonWrongState        Reason = "wrong_state"
	ReasonUnfinishedRuns    Reason = "unfinished_runs"
	ReasonTooManyExports    Reason = "too_many_exports"
	ReasonNotKept           Reason = "not_kept"
	ReasonConfigOutdated    Reason = "config_outdated"
	ReasonRequestInProgress Reason = "request_in_progress"
	ReasonConflict          Reason = "conflict" // within the service; never sent to a caller

	ReasonETagMismatch Reason = "etag_mismatch"
	ReasonBodyTooLarge Reason = "body_too_large"
	ReasonMediaType    Reason = "unsupported_media_type"
	ReasonRange        Reason = "range_not_satisfiable"

	ReasonInvalid              Reason = "invalid" // see Fields
	ReasonInvalidCursor        Reason = "invalid_cursor"
	ReasonIdempotencyKeyReused Reason = "idempotency_key_reused"

	ReasonExpectation      Reason = "unsupported_expectation"
	ReasonHeaderTooLarge   Reason = "header_too_large"
	ReasonTransferEncoding Reason = "unsupported_transfer_encoding"
	ReasonHTTPVersion      Reason = "unsupported_http_version"

	ReasonStoreThrottled   Reason = "store_throttled"
	ReasonStoreBusy        Reason = "store_busy"
	ReasonStoreUnavailable Reason = "store_unavailable"
	ReasonTimeout          Reason = "timeout"
	ReasonTooManyStreams   Reason = "too_many_streams"

	ReasonUseWait Reason = "use_wait"
)

// reasons lists the reasons of each kind. The first is the reason of an error that has none.
var reasons = map[Kind][]Reason{
	Internal:         {ReasonInternal},
	Malformed:        {ReasonMalformedBody, ReasonMalformedRequest},
	Invalid:          {ReasonInvalid, ReasonInvalidCursor, ReasonIdempotencyKeyReused},
	Forbidden:        {ReasonNoTenant, ReasonOtherTenant, ReasonForeignHost, ReasonForeignOrigin},
	NotFound:         {ReasonNoSuchPath, ReasonNoSuchJob, ReasonNoSuchRun, ReasonNoSuchArtifact, ReasonNoSuchExport},
	MethodNotAllowed: {ReasonWrongMethod},
	Conflict: {
		ReasonConflict, ReasonExists, ReasonBeingDeleted, ReasonExclusive, ReasonWrongState, ReasonUnfinishedRuns,
		ReasonConfigOutdated, ReasonRequestInProgress, ReasonTooManyExports, ReasonNotKept,
	},
	PreconditionFailed:   {ReasonETagMismatch},
	TooLarge:             {ReasonBodyTooLarge},
	UnsupportedMediaType: {ReasonMediaType},
	RangeNotSatisfiable:  {ReasonRange},
	ExpectationFailed:    {ReasonExpectation},
	HeaderTooLarge:       {ReasonHeaderTooLarge},
	NotImplemented:       {ReasonTransferEncoding, ReasonUseWait},
	VersionNotSupported:  {ReasonHTTPVersion},
	Throttled:            {ReasonStoreThrottled},
	Unavailable:          {ReasonStoreUnavailable, ReasonStoreBusy, ReasonTimeout, ReasonTooManyStreams},
}

// kinds is the inverse of reasons.
var kinds = func() map[Reason]Kind {
	all := map[Reason]Kind{}
	for kind, rs := range reasons {
		for _, r := range rs {
			all[r] = kind
		}
	}
	return all
}()

// Reasons returns every reason that a response may have, in alphabetical order.
func Reasons() []Reason {
	var all []Reason
	for r := range kinds {
		if r != ReasonConflict {
			all = append(all, r)
		}
	}
	slices.Sort(all)
	return all
}

// Kind returns the kind that the reason belongs to.
func (r Reason) Kind() Kind { return kinds[r] }

// Because returns an error with the reason and the reason's kind.
func Because(reason Reason, format string, args ...any) *Error {
	return &Error{Kind: reason.Kind(), Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// IsBecause reports whether err is an error with the reason.
func IsBecause(err error, reason Reason) bool { return err != nil && ReasonOf(err) == reason }
