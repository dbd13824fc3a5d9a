// Package rollup adds up what the log of a run says: its outcomes over time, and of each host. A
// rollup is the fold of some parts of the log. The rollups of different parts can be merged, and
// the result is the fold of all of them. It does no I/O.
package rollup

import (
	"time"

	"github.com/inndx/runs/internal/crawllog"
)

// Counts counts outcomes as run.Progress does.
type Counts struct {
	Fetched  int64
	Failed   int64
	Excluded int64
	Bytes    int64 // of bodies, after decoding
	// Responses counts the URLs that were fetched or failed by the class of the response.
	Responses [classes]int64
	// refused is how many of Excluded seed_hosts excludes, which may join the frontier later.
	refused int64
}

// A Class is a class of responses.
type Class int

// The classes.
const (
	Success     Class = iota // 2xx
	Redirect                 // 3xx
	ClientError              // 4xx
	ServerError              // 5xx
	Other                    // another status
	None                     // no response
	classes
)

// classOf returns the class of a status, 0 without a response.
func classOf(status int) Class {
	switch {
	case status == 0:
		return None
	case status >= 200 && status < 600:
		return Class(status/100 - 2)
	}
	return Other
}

// add counts an outcome.
func (c *Counts) add(o *crawllog.Outcome) {
	switch state := o.LinkState(); {
	case o.Again:
		c.Bytes += o.Bytes
		return
	case state == crawllog.LinkExcluded:
		c.Excluded++
		if o.ErrorReason == crawllog.ReasonSeedHosts {
			c.refused++
		}
		return
	case state == crawllog.LinkFetched:
		c.Fetched++
	default:
		c.Failed++
	}
	c.Bytes += o.Bytes
	c.Responses[classOf(o.HTTPStatus)]++
}

func (c *Counts) join(d *Counts) {
	c.Fetched += d.Fetched
	c.Failed += d.Failed
	c.Excluded += d.Excluded
	c.Bytes += d.Bytes
	for i, n := range d.Responses {
		c.Responses[i] += n
	}
	c.refused += d.refused
}

// A Bucket is what happened in a span of time.
type Bucket struct {
	StartedAt time.Time // UTC
	Counts
	Latency Histogram // of the URLs that were fetched or failed, with a response

	queue   int64 // one more than the length of the queue at the end; 0 if it is not known
	queueAt int64 // when it was; Unix milliseconds
}

// Queued returns the length of the queue at the end of the bucket, and whether it is known.
func (b *Bucket) Queued() (int64, bool) { return b.queue - 1, b.queueKnown() }

func (b *Bucket) queueKnown() bool { return b.queue > 0 }

func (b *Bucket) join(c *Bucket) {
	b.Counts.join(&c.Counts)
	b.Latency.join(&c.Latency)
	b.setQueue(c.queue, c.queueAt)
}

// setQueue sets the length of the queue, plus one, unless a later one is known.
func (b *Bucket) setQueue(queue, at int64) {
	if queue > 0 && at >= b.queueAt {
		b.queue, b.queueAt = queue, at
	}
}

// responded reports whether the outcome has a latency: that of a response, as in the entries of the
// log. A connection that is refused at once says nothing about how fast a host responds.
func responded(o *crawllog.Outcome) bool { return o.Status != crawllog.Excluded && o.HTTPStatus > 0 }
