// Package fault defines the errors that cross package boundaries. Each has a Kind, which tells the
// caller how to react. Only the HTTP layer maps kinds to status codes.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// A Kind is the category of an error, independent of any transport.
type Kind int

// The kinds. Internal is the zero value, so the caller never sees the details of an error that has
// no kind.
const (
	Internal             Kind = iota // a defect, or an unexpected response of a dependency
	Malformed                        // the input could not be parsed at all
	Invalid                          // the input breaks a rule; see Fields
	Forbidden                        // the caller may not act for this tenant
	NotFound                         // it does not exist in this tenant
	MethodNotAllowed                 // it exists but does not support the method
	Conflict                         // the present state does not allow the change
	PreconditionFailed               // a condition of the request does not hold
	TooLarge                         // the input exceeds a size bound
	UnsupportedMediaType             // the body is not JSON
	RangeNotSatisfiable              // the content has no byte of the requested range
	ExpectationFailed                // the request has an unsupported expectation
	HeaderTooLarge                   // the request line and the header exceed a bound
	NotImplemented                   // the request needs an unsupported feature of HTTP
	VersionNotSupported              // the request has an unsupported version of HTTP
	Throttled                        // the store is overloaded; see RetryAfter
	Unavailable                      // a dependency does not respond; see RetryAfter
)

// An Error is an error with a kind and a message for the caller. The message never mentions another
// tenant. Err, the cause, is for logs only.
type Error struct {
	Kind       Kind
	Reason     Reason // of that kind; empty for the kind's first reason
	Message    string
	Fields     []Field       // set when Kind is Invalid
	RetryAfter time.Duration // set when Kind is Throttled or Unavailable
	Err        error
}

// Error returns the message, the fields and the cause, for logs.
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

// A Field holds the rules that one field of the input breaks.
type Field struct {
	// Field is the path to the field: the name of a query parameter, or a path into the body such
	// as config.seeds[0].params.urls.
	Field  string `json:"field"`
	Errors []Rule `json:"errors"`
}

// A Rule is a broken rule. Code is stable and machine-readable, Message is for people, and Params
// holds the rule's bounds.
type Rule struct {
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Params  map[string]any `json:"params,omitempty"`
}

// New returns an error of the given kind.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// ReasonOf returns the reason of the first Error in err's chain, or ReasonInternal.
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

// KindOf returns the kind of the first Error in err's chain, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of the given kind. A nil error has no kind.
func Is(err error, kind Kind) bool {
	return err != nil && KindOf(err) == kind
}

// Fields collects broken rules, so that a check reports all of them at once. The zero value is
// ready to use.
type Fields []Field

// Add adds a rule that the field breaks.
func (fs *Fields) Add(field string, rule Rule) {
	for i := range *fs {
		if (*fs)[i].Field == field {
			(*fs)[i].Errors = append((*fs)[i].Errors, rule)
			return
		}
	}
	*fs = append(*fs, Field{Field: field, Errors: []Rule{rule}})
}

// Err returns an Invalid error with all fields, or nil if there are none.
func (fs Fields) Err() error {
	if len(fs) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Reason: ReasonInvalid, Message: "the request is invalid", Fields: fs}
}
