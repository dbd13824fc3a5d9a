package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// Prefixes of sort keys. The rest of the key names the item.
const (
	jobPrefix    = "JOB#"
	runPrefix    = "RUN#"
	configPrefix = "CONFIG#"
	logPrefix    = "LOG#"
	progressSort = "PROGRESS"
	// keyPrefix is followed by the hash of an idempotency key.
	keyPrefix = "IDEMPOTENCY#"
	// segmentPrefix is followed by the number of the first part that the segment copies.
	segmentPrefix = "SEGMENT#"
)

// Every partition key but by_wake's begins with the tenant, and a tenant's ID holds no '#',
// so that no key of one tenant is, or begins with, a key of another.
func tenantKey(t tenant.ID) string { return "T#" + string(t) }

func runKey(ref run.Ref) string { return tenantKey(ref.Tenant) + "#RUN#" + ref.ID.String() }

func jobsPartition(t tenant.ID) string { return tenantKey(t) + "#JOB" }

func runsPartition(t tenant.ID) string { return tenantKey(t) + "#RUN" }

func jobPartition(t tenant.ID, id uuid.UUID) string { return tenantKey(t) + "#JOB#" + id.String() }

func statusPartition(t tenant.ID, s run.Status) string { return tenantKey(t) + "#STATUS#" + string(s) }

// labelPartition holds the entries of the runs that have the label. Its name has a fixed
// length: a label's key and value may be longer than a key of the table.
func labelPartition(t tenant.ID, key, value string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%s", len(key), key, value))
	return tenantKey(t) + "#BY#LABEL#" + hex.EncodeToString(sum[:16])
}

// reasonPartition holds the entries of the runs that finished for the reason.
func reasonPartition(t tenant.ID, reason run.StopReason) string {
	return tenantKey(t) + "#BY#STOP_REASON#" + string(reason)
}

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

// logDigits is the width of a log part's number, so that keys sort as numbers do.
const logDigits = 10

// maxSeq is the greatest number of a log part.
const maxSeq = 1e10 - 1

func logSort(seq int64) string { return fmt.Sprintf("%s%0*d", logPrefix, logDigits, seq) }

func segmentSort(first int64) string { return fmt.Sprintf("%s%0*d", segmentPrefix, logDigits, first) }

// wakeShards spreads by_wake over several partitions, as one takes 1,000 writes a second.
const wakeShards = 8

func wakeShard(n int) string { return fmt.Sprintf("WAKE#%d", n) }

// retireShard holds finished runs, due when their retention ends: however many end at once,
// they do not stand before runs that crawl.
func retireShard(n int) string { return fmt.Sprintf("RETIRE#%d", n) }

func wakeShardOf(id uuid.UUID) string { return wakeShard(shardOf(id)) }

func retireShardOf(id uuid.UUID) string { return retireShard(shardOf(id)) }

func shardOf(id uuid.UUID) int {
	h := fnv.New32a()
	h.Write(id[:])
	return int(h.Sum32() % wakeShards)
}
