// Package tenant names the owners of data. Tenants are strangers to each other: a tenant's
// ID is the first part of every partition key, so that no key of one can be reached with
// the ID of another.
package tenant

import "regexp"

// An ID names a tenant: 1 to 63 of A-Z a-z 0-9 . _ -, the first one alphanumeric. It is
// compared byte by byte, and can hold no '#', the separator of key parts.
type ID string

// Default is the tenant of requests that name none, unless the deployment says otherwise.
const Default ID = "default"

// Rule describes a valid ID to a person.
const Rule = "must be 1 to 63 of A-Z a-z 0-9 . _ - and begin with a letter or digit"

var valid = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// Parse returns s as an ID and whether it is a valid one.
func Parse(s string) (ID, bool) {
	return ID(s), valid.MatchString(s)
}
