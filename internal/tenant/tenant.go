// Package tenant names the owners of data. Every partition key begins with a tenant's ID, so a
// tenant cannot reach another tenant's data.
package tenant

import "regexp"

// An ID names a tenant: 1 to 63 of A-Z a-z 0-9 . _ -, the first of them alphanumeric. IDs are
// compared byte by byte. They cannot contain '#', which separates the parts of a key.
type ID string

// Default is the tenant of requests that name none, unless the deployment sets another one.
const Default ID = "default"

// Rule describes a valid ID to a person.
const Rule = "must be 1 to 63 of A-Z a-z 0-9 . _ - and begin with a letter or digit"

var valid = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// Parse returns s as an ID and whether it is valid.
func Parse(s string) (ID, bool) {
	return ID(s), valid.MatchString(s)
}
