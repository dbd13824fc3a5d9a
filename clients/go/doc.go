// Package runs is a client of inndx runs, a control plane for web crawls.
//
// Connect returns a client whose methods are the operations of the API: those of
// [ClientWithResponses] that end in WithResponse. An operation that fails returns an [*Error]. So
// the response of one that does not fail has the status of success, and its member JSON200, or
// JSON201 for a creation, is the decoded body.
//
// The client repeats what the service refuses for the moment, sends an Idempotency-Key with each
// POST, and ignores members and values that it does not know, because later versions of the service
// add some.
//
// The types and operations in client.gen.go are generated from the description of the API.
package runs
