package store

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// A position is the LastEvaluatedKey of an item of a list: where the next page begins.
type position struct {
	pk, sk     string
	hash       string // value of the hash key of the plan's index
	createdKey string
}

// cursorVersion is the first byte of a cursor. It changes with the meaning of the rest.
const cursorVersion = 1

const fingerprintBytes = 16

// An identity says which list a cursor belongs to.
type identity struct {
	Tenant tenant.ID
	Route  string
	Filter any // canonical
}

// fingerprint binds a cursor's payload to the list. It is no secret: whoever forges one
// gets no further than a position inside of the list that is asked for, as decode checks.
func (id identity) fingerprint(payload []byte) []byte {
	text, err := json.Marshal(id)
	if err != nil {
		panic(err) // plain data
	}
	h := sha256.New()
	h.Write([]byte{cursorVersion})
	inner := sha256.Sum256(text)
	h.Write(inner[:])
	h.Write(payload)
	return h.Sum(nil)[:fingerprintBytes]
}

// seal returns the payload as an opaque cursor that can stand in a URL.
func (id identity) seal(payload []byte) string {
	cursor := append([]byte{cursorVersion}, id.fingerprint(payload)...)
	return base64.RawURLEncoding.EncodeToString(append(cursor, payload...))
}

// open is the inverse of seal.
func (id identity) open(cursor string) ([]byte, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	// The decoder skips line breaks; a cursor has one spelling.
	if err != nil || base64.RawURLEncoding.EncodeToString(data) != cursor ||
		len(data) < 1+fingerprintBytes || data[0] != cursorVersion {
		return nil, badCursor()
	}
	sum, payload := data[1:1+fingerprintBytes], data[1+fingerprintBytes:]
	if subtle.ConstantTimeCompare(sum, id.fingerprint(payload)) != 1 {
		return nil, badCursor()
	}
	return payload, nil
}

// encode returns the position as a cursor.
func (id identity) encode(p position) string {
	var payload []byte
	for _, part := range []string{p.pk, p.sk, p.hash, p.createdKey} {
		payload = append(payload, byte(len(part)))
		payload = append(payload, part...)
	}
	return id.seal(payload)
}

// decode is the inverse of encode, for a position that the plan could have come to.
func (id identity) decode(cursor string, p *plan) (position, error) {
	payload, err := id.open(cursor)
	if err != nil {
		return position{}, err
	}
	parts := make([]string, 0, 4)
	for len(payload) > 0 && len(payload) > int(payload[0]) {
		end := 1 + int(payload[0])
		parts = append(parts, string(payload[1:end]))
		payload = payload[end:]
	}
	if len(payload) > 0 || len(parts) != 4 {
		return position{}, badCursor()
	}
	at := position{pk: parts[0], sk: parts[1], hash: parts[2], createdKey: parts[3]}
	if !p.reaches(at) {
		return position{}, badCursor()
	}
	return at, nil
}

// encodePlace returns the place of an outcome in a log as a cursor.
func (id identity) encodePlace(at crawllog.Place) string {
	payload := binary.BigEndian.AppendUint64(nil, uint64(at.Part))
	return id.seal(binary.BigEndian.AppendUint32(payload, uint32(at.Index)))
}

// decodePlace is the inverse of encodePlace, for a place in a log of so many parts.
func (id identity) decodePlace(cursor string, parts int64) (crawllog.Place, error) {
	payload, err := id.open(cursor)
	if err != nil {
		return crawllog.Place{}, err
	}
	if len(payload) != 12 {
		return crawllog.Place{}, badCursor()
	}
	part := binary.BigEndian.Uint64(payload)
	if part < 1 || part > uint64(parts) {
		return crawllog.Place{}, badCursor()
	}
	return crawllog.Place{Part: int64(part), Index: int(binary.BigEndian.Uint32(payload[8:]))}, nil
}

func badCursor() error {
	var fields fault.Fields
	fields.Add("page", fault.Rule{
		Code:    "cursor",
		Message: "belongs to another list or is damaged; start again without page",
	})
	return &fault.Error{
		Kind: fault.Invalid, Reason: fault.ReasonInvalidCursor, Message: "the request is invalid", Fields: fields,
	}
}

// canonicalRuns returns the filter in a form that is equal for equal filters: the order and
// repetition of values do not matter.
func canonicalRuns(f run.Filter) run.Filter {
	f.JobIDs = canonicalIDs(f.JobIDs)
	f.IncludeIDs = canonicalIDs(f.IncludeIDs)
	f.ExcludeIDs = canonicalIDs(f.ExcludeIDs)
	f.Statuses = canonical(f.Statuses)
	f.StopReasons = canonical(f.StopReasons)
	for _, bound := range []*time.Time{
		&f.CreatedBefore, &f.CreatedAfter, &f.StartedBefore, &f.StartedAfter,
		&f.FinishedBefore, &f.FinishedAfter, &f.UpdatedAfter,
	} {
		*bound = bound.UTC()
	}
	f.Labels = labels(f.Labels)
	return f
}

// canonicalJobs is canonicalRuns for jobs.
func canonicalJobs(f job.Filter) job.Filter {
	f.IncludeIDs = canonicalIDs(f.IncludeIDs)
	f.ExcludeIDs = canonicalIDs(f.ExcludeIDs)
	f.Names = canonical(f.Names)
	f.CreatedBefore = f.CreatedBefore.UTC()
	f.CreatedAfter = f.CreatedAfter.UTC()
	f.Labels = labels(f.Labels)
	return f
}

// A logFilter says which outcomes of which run a list shows.
type logFilter struct {
	RunID uuid.UUID
	crawllog.Filter
}

// canonicalLogs is canonicalRuns for the outcomes of a run.
func canonicalLogs(f crawllog.Filter) crawllog.Filter {
	f.Hosts = canonical(f.Hosts)
	f.Steps = canonical(f.Steps)
	f.Statuses = canonical(f.Statuses)
	f.ErrorReasons = canonical(f.ErrorReasons)
	f.OccurredBefore = f.OccurredBefore.UTC()
	f.OccurredAfter = f.OccurredAfter.UTC()
	return f
}

func canonical[T ~string](values []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(values)))
}

func canonicalIDs(ids []uuid.UUID) []uuid.UUID {
	sorted := slices.SortedFunc(slices.Values(ids), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(sorted)
}
