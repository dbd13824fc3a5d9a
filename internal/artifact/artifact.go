// Package artifact defines the artifacts of runs: what a crawl keeps of the responses that it got.
// It does no I/O.
//
// An artifact needs no item and no index of its own. It is part of an outcome in the run's log, and
// its id is its place there.
package artifact

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// An ID is the place of an artifact: its run, the outcome in the run's log, and its index among the
// artifacts of that outcome.
type ID struct {
	Run   uuid.UUID
	Place crawllog.Place
	Index int
}

// String returns the id as text: the run's id, the number of the log's part, the index of the
// outcome and the index of the artifact, separated by dots.
func (id ID) String() string {
	return fmt.Sprintf("%s.%d.%d.%d", id.Run, id.Place.Part, id.Place.Index, id.Index)
}

// Parse is the inverse of ID.String. It reports whether s is the text of an id.
func Parse(s string) (id ID, ok bool) {
	fields := strings.Split(s, ".")
	if len(fields) != 4 {
		return ID{}, false
	}
	run, err := uuid.Parse(fields[0])
	if err != nil {
		return ID{}, false
	}
	part, err1 := strconv.ParseInt(fields[1], 10, 64)
	outcome, err2 := strconv.ParseInt(fields[2], 10, 32)
	index, err3 := strconv.ParseInt(fields[3], 10, 32)
	id = ID{Run: run, Place: crawllog.Place{Part: part, Index: int(outcome)}, Index: int(index)}
	ok = err1 == nil && err2 == nil && err3 == nil && part > 0 && outcome >= 0 && index >= 0 &&
		id.String() == s
	return id, ok
}

// An Artifact is an artifact of an outcome.
type Artifact struct {
	crawllog.Artifact
	ID           ID
	JobID        uuid.UUID
	URL          string
	CreatedAt    time.Time // when the outcome occurred
	RunCreatedAt time.Time // a part of the names of the run's objects
}

// Of returns the artifact with the given index of a log entry.
func Of(e *crawllog.Entry, index int) Artifact {
	return Artifact{
		Artifact:  e.Artifacts[index],
		ID:        ID{Run: e.RunID, Place: e.Place, Index: index},
		JobID:     e.JobID,
		URL:       e.URL,
		CreatedAt: e.OccurredAt,
	}
}

// URLHash returns the key of the URL as it is written.
func (a *Artifact) URLHash() weburl.Key { return weburl.KeyOfText(a.URL) }

// IsRevisit reports whether the artifact's content is that of an earlier artifact of its run.
func (a *Artifact) IsRevisit() bool { return a.Original != crawllog.Location{} }

// Content returns the location of the record with the artifact's content.
func (a *Artifact) Content() crawllog.Location {
	if a.IsRevisit() {
		return a.Original
	}
	return a.Location
}

// ContentID returns a name of the stored content, which no other content of the run has. Artifacts
// with the same content have the same ContentID.
func (a *Artifact) ContentID() string {
	at := a.Content()
	object, _, _ := strings.Cut(at.Object, ".")
	return fmt.Sprintf("%s.%d", object, at.Offset)
}

// BlobKey returns the name that the pipeline's to_blob gives the artifact: <directory>/<key>/data.
// The key is the hash of the URL. With the strategy 5min, it begins with the five minutes in which
// the artifact was created, as in 20261125/20_35/<hash>.
//
// The name of an asset is <directory>/<key>/assets/<type>/<hash>, with the key of the first page
// that needs it, the type of its content, such as image, and the hash of its own URL. The type is
// unknown if the response had none.
func (a *Artifact) BlobKey() string {
	url, rest := a.URL, "/data"
	if a.Kind == crawllog.Asset {
		url, rest = a.Page, "/assets/"+topLevelType(a.ContentType)+"/"+hashOf(a.URL)
	}
	key := hashOf(url)
	if a.KeyStrategy == "5min" {
		key = a.CreatedAt.UTC().Truncate(5*time.Minute).Format("20060102/15_04/") + key
	}
	if a.Directory != "" {
		key = a.Directory + "/" + key
	}
	return key + rest
}

func hashOf(url string) string {
	hash := weburl.KeyOfText(url)
	return hex.EncodeToString(hash[:])
}

// topLevelTypes are the registered top-level types of media types
// (https://www.iana.org/assignments/media-types).
var topLevelTypes = strings.Fields("application audio example font haptics image message model multipart text video")

// topLevelType returns the type of a content type, or unknown. Sites choose the content type, and
// blob keys are made of nothing that they choose freely.
func topLevelType(contentType string) string {
	name, _, _ := strings.Cut(crawllog.Essence(contentType), "/")
	if !slices.Contains(topLevelTypes, name) {
		return "unknown"
	}
	return name
}
