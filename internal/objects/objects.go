// Package objects names the objects of runs in the bucket, and holds the types that their store and
// its users share. It does no I/O. Package bucket has the store.
//
// Everything that a run stores lies under one prefix, which no other run has: neither a run of
// another tenant nor an earlier or later run with the same id.
package objects

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// An Object is an object of the bucket, without its content.
type Object struct {
	Name    string    // with the prefix of its run
	Size    int64     // in bytes
	ModTime time.Time // when it was written last
}

// WriteOptions describe an object that is written.
type WriteOptions struct {
	// ContentType is the media type that a download from the bucket has. A value that is no media
	// type, and none, make it application/octet-stream.
	ContentType string
	// ContentDisposition is the header of that name of a download from the bucket; empty for none.
	ContentDisposition string
}

// Prefix returns the prefix of the names of all objects of the run that was created at the time:
// <tenant>/<run id>-<created at, in Unix ms>/. The time is part of it because an id may be used
// again after its run was deleted.
func Prefix(ref run.Ref, createdAt time.Time) string {
	return fmt.Sprintf("%s%s-%d/", tenantFolder(ref.Tenant), ref.ID, createdAt.UnixMilli())
}

// tenantFolder returns the prefix of the names of all objects of the tenant. No tenant's folder
// begins with that of another, as an id holds no slash. File systems and URLs give "../" a meaning,
// so an id that ends in a dot, which no other id becomes, is marked.
func tenantFolder(t tenant.ID) string {
	if strings.HasSuffix(string(t), ".") {
		return string(t) + "!/"
	}
	return string(t) + "/"
}

// The folders below the prefix of a run.
const (
	warcFolder    = "warc/"
	contentFolder = "content/"
	exportsFolder = "exports/"
)

// WARCFolder returns the prefix of the names of the WARC objects of a run with the prefix.
func WARCFolder(prefix string) string { return prefix + warcFolder }

// WARC returns the name of a WARC object of a run with the prefix. base is the object's name in the
// log, crawllog.Location.Object.
func WARC(prefix, base string) string { return prefix + warcFolder + base }

// NewWARC returns a new name in the log for a WARC object of the commit whose first part has the
// number: <12 digits>-<16 random hexadecimal digits>.warc.gz. Workers that race for the part get
// different names.
func NewWARC(firstPart int64) string {
	var random [8]byte
	rand.Read(random[:]) // it never returns an error
	return fmt.Sprintf("%012d-%s.warc.gz", firstPart, hex.EncodeToString(random[:]))
}

var warcName = regexp.MustCompile(`^([0-9]{12})-[0-9a-f]{16}\.warc\.gz$`)

// FirstPart is the inverse of NewWARC: it returns the number of the commit's first part. It reports
// whether the name is one that NewWARC returns.
func FirstPart(base string) (number int64, ok bool) {
	m := warcName.FindStringSubmatch(base)
	if m == nil {
		return 0, false
	}
	number, err := strconv.ParseInt(m[1], 10, 64)
	return number, err == nil
}

// Content returns the name of a copy of an artifact's content that clients download from the
// bucket. base is the name without the prefix and the folder. The bucket of a stack deletes copies
// after a day.
func Content(prefix, base string) string { return prefix + contentFolder + base }

// IsContent reports whether Content returns the name for some prefix.
func IsContent(name string) bool {
	parts := strings.Split(name, "/")
	return len(parts) == 4 && parts[2]+"/" == contentFolder
}

// ExportFolder returns the prefix of the names of the objects of an export of a run with the
// prefix.
func ExportFolder(prefix, exportID string) string { return prefix + exportsFolder + exportID + "/" }
