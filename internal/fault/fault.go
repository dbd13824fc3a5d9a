// Package fault defines the errors that cross package boundaries. Each has a Kind, which
// says what the caller may do about it; only the HTTP layer turns kinds into status codes.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// A Kind says what sort of error it is, independent of any transport.
type Kind int

// The kinds. Internal is the zero value, so that an error nobody classified is one whose
// details are kept from the caller.
const (
	Internal             Kind = iota // a defect or an unexpected answer of a dependency
	Malformed                        // the input could not be parsed at all
	Invalid                          // the input was parsed and breaks a rule; see Fields
	Forbidden                        // the caller may not act for this tenant
	NotFound                         // no such thing in this tenant
	MethodNotAllowed                 // the thing exists and does not take this method
	Conflict                         // the present state refuses the change
	PreconditionFailed               // a condition of the request on the state does not hold
	TooLarge                         // the input exceeds a size bound
	UnsupportedMediaType             // the body is not JSON
	ExpectationFailed                // the request expects what is not supported
	HeaderTooLarge                   // the request line and the header exceed a bound
	NotImplemented                   // the request needs a feature of HTTP that is not supported
	VersionNotSupported              // the request has another version of HTTP
	Throttled                        // the store asks to slow down; see RetryAfter
	Unavailable                      // a dependency does not answer; see RetryAfter
)

// An Error is an error with a kind and a message that may be shown to the caller. The
// message never speaks of another tenant. Err, the cause, is for logs only.
type Error struct {
	Kind       Kind
	Reason     Reason // of that kind; empty for the kind's first one
	Message    string
	Fields     []Field       // set when Kind is Invalid
	RetryAfter time.Duration // set when Kind is Throttled or Unavailable
	Err        error
}

// Error returns the message and, for logs, the cause and the fields.
func (e *Error) Error() string {
	s := e.Message
	for _, f := range e.Fields {
		for _, r := range f.Errors {
			s += fmt.Sprintf("; %s: %s", f.Field, r.Message)
		}
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// A Field collects the rules that one field of the input breaks.
type Field struct {
	// Field is the path to the field: a query parameter's name, or a dotted path with
	// indexes into a body, such as config.seeds[0].params.urls.
	Field  string `json:"field"`
	Errors []Rule `json:"errors"`
}

// A Rule is one broken rule. Code is stable and machine readable, Message is for people,
// and Params holds the rule's bounds.
type Rule struct {
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Params  map[string]any `json:"params,omitempty"`
}

// New returns an error of the given kind.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// ReasonOf returns the reason of the first Error in err's chain, ReasonInternal when there is
// none.
func ReasonOf(err error) Reason {
	var e *Error
	switch {
	case !errors.As(err, &e):
		return ReasonInternal
	case e.Reason == "":
		return reasons[e.Kind][0]
	}
	return e.Reason
}

// KindOf returns the kind of the first Error in err's chain, Internal when there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of the given kind. A nil error is of no kind.
func Is(err error, kind Kind) bool {
	return err != nil && KindOf(err) == kind
}

// Fields gathers broken rules while an input is checked, so that all of them are reported
// at once. The zero value is ready to use.
type Fields []Field

// Add records that the field breaks the rule.
func (fs *Fields) Add(field string, rule Rule) {
	for i := range *fs {
		if (*fs)[i].Field == field {
			(*fs)[i].Errors = append((*fs)[i].Errors, rule)
			return
		}
	}
	*fs = append(*fs, Field{Field: field, Errors: []Rule{rule}})
}

// Err returns an Invalid error that holds all recorded fields, or nil when there are none.
func (fs Fields) Err() error {
	if len(fs) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Reason: ReasonInvalid, Message: "the request is invalid", Fields: fs}
}
