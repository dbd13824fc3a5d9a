package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// Prefixes of sort keys, and the one sort key without a suffix.
const (
	jobPrefix         = "JOB#"         // an id follows
	runPrefix         = "RUN#"         // an id follows
	configPrefix      = "CONFIG#"      // the hash of the content follows
	idempotencyPrefix = "IDEMPOTENCY#" // the hash of an idempotency key follows
	exclusionPrefix   = "EXCLUSIVE#"   // TENANT, or LABELS# and the hash of labels, follows
	logPrefix         = "LOG#"         // the number of the part follows
	segmentPrefix     = "SEGMENT#"     // the number of the first part of the segment follows
	artifactPrefix    = "ARTIFACT#"    // the name of an object and the place in it follow
	exportPrefix      = "EXPORT#"      // the id of an export follows
	rollupPrefix      = "ROLLUP#"      // the name of a rollup follows
	progressSort      = "PROGRESS"
)

// primaryKey is the key that every item has.
type primaryKey struct {
	PK string `dynamo:"pk"`
	SK string `dynamo:"sk"`
}

func (k primaryKey) sortKey() string { return k.SK }

// tenantKey begins every partition key except those of by_wake and of the system. A tenant's ID
// holds no '#', so no key of one tenant is, or begins with, a key of another.
func tenantKey(t tenant.ID) string { return "T#" + string(t) }

func jobItemKey(ref job.Ref) primaryKey {
	return primaryKey{PK: tenantKey(ref.Tenant), SK: jobPrefix + ref.ID.String()}
}

func runItemKey(ref run.Ref) primaryKey {
	return primaryKey{PK: tenantKey(ref.Tenant), SK: runPrefix + ref.ID.String()}
}

// runKey is the partition of the run's progress, log parts and segments.
func runKey(ref run.Ref) string { return tenantKey(ref.Tenant) + "#RUN#" + ref.ID.String() }

func progressKey(ref run.Ref) primaryKey { return primaryKey{PK: runKey(ref), SK: progressSort} }

// parseRunKey is the inverse of runKey.
func parseRunKey(pk string) (run.Ref, error) {
	parts := strings.Split(pk, "#")
	if len(parts) != 4 || parts[0] != "T" || parts[2] != "RUN" {
		return run.Ref{}, fmt.Errorf("store: %q is not the key of a run", pk)
	}
	t, ok := tenant.Parse(parts[1])
	id, err := uuid.Parse(parts[3])
	if !ok || err != nil {
		return run.Ref{}, fmt.Errorf("store: %q is not the key of a run", pk)
	}
	return run.Ref{Tenant: t, ID: id}, nil
}

// parseExportKey is the inverse of exportKey.
func parseExportKey(key primaryKey) (export.Ref, error) {
	ref, err := parseRunKey(key.PK)
	if err != nil {
		return export.Ref{}, err
	}
	id, err := uuid.Parse(strings.TrimPrefix(key.SK, exportPrefix))
	if err != nil {
		return export.Ref{}, fmt.Errorf("store: %q is not the key of an export", key.SK)
	}
	return export.Ref{Run: ref, ID: id}, nil
}

// Partitions of the indexes by_created, by_job and by_status.

func jobsPartition(t tenant.ID) string { return tenantKey(t) + "#JOB" }

func runsPartition(t tenant.ID) string { return tenantKey(t) + "#RUN" }

func jobPartition(ref job.Ref) string { return tenantKey(ref.Tenant) + "#JOB#" + ref.ID.String() }

func statusPartition(t tenant.ID, s run.Status) string { return tenantKey(t) + "#STATUS#" + string(s) }

// labelPartition holds the entries of the runs that have the label. Its name has a fixed length,
// as a label's key and value may be longer than a key of the table.
func labelPartition(t tenant.ID, key, value string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%s", len(key), key, value))
	return tenantKey(t) + "#BY#LABEL#" + hex.EncodeToString(sum[:16])
}

// reasonPartition holds the entries of the runs that finished for the reason.
func reasonPartition(t tenant.ID, reason run.StopReason) string {
	return tenantKey(t) + "#BY#STOP_REASON#" + string(reason)
}

// artifactsPartition holds the entries of the runs that keep artifacts.
func artifactsPartition(t tenant.ID) string { return tenantKey(t) + "#BY#ARTIFACTS" }

// logDigits is the width of the number of a log part, so that keys sort as numbers do.
const logDigits = 10

// maxSeq is the greatest number of a log part.
const maxSeq = 1e10 - 1

func logSort(seq int64) string { return fmt.Sprintf("%s%0*d", logPrefix, logDigits, seq) }

func segmentSort(first int64) string { return fmt.Sprintf("%s%0*d", segmentPrefix, logDigits, first) }

// wakeShards spreads by_wake over several partitions, as one takes 1,000 writes a second. See
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html.
const wakeShards = 8

// wakeShard holds unfinished and deleted runs.
func wakeShard(n int) string { return fmt.Sprintf("WAKE#%d", n) }

// expirationShard holds finished runs, which are due when their retention ends. They have shards of
// their own so that they do not delay unfinished runs.
func expirationShard(n int) string { return fmt.Sprintf("RETIRE#%d", n) }

// exportShard holds the exports that are to be worked on. They have shards of their own, as their
// keys are not those of runs.
func exportShard(n int) string { return fmt.Sprintf("EXPORT#%d", n) }

func exportShardOf(id uuid.UUID) string { return exportShard(shardOf(id)) }

func wakeShardOf(id uuid.UUID) string { return wakeShard(shardOf(id)) }

func expirationShardOf(id uuid.UUID) string { return expirationShard(shardOf(id)) }

func shardOf(id uuid.UUID) int {
	h := fnv.New32a()
	h.Write(id[:])
	return int(h.Sum32() % wakeShards)
}
