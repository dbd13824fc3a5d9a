package main

import (
	"fmt"
	"maps"
	"math"
	"math/big"
)

// A quantity is a number with its unit.
type quantity struct {
	value *big.Rat
	unit  string
}

// quantities are quantities by name.
type quantities map[string]quantity

// A scenario is a month. It sets quantities: what happens in the month, and assumptions that it
// makes otherwise.
type scenario struct {
	key   string // in the marks of docs/cost.md
	title string
	set   map[string]string
}

// The months. In each, 3,000 runs of 333 pages stand for a job's daily run.
var (
	hour = scenario{"hour", "1,000,000 pages, all jobs at one hour", map[string]string{
		"jobs": "100", "pages": "1000000", "other-calls": "1000000", "together": "1", "principals": "10", "metric-time": "1/12",
	}}
	spread = hour.but("spread", "1,000,000 pages, spread over the day", map[string]string{"together": "0", "metric-time": "1"})
	large  = spread.but("large", "10,000,000,000 pages, spread", map[string]string{
		"jobs": "1000000", "pages": "10000000000", "other-calls": "10000000000", "principals": "30",
	})
	idle = hour.but("idle", "idle", map[string]string{
		"jobs": "0", "pages": "0", "other-calls": "0", "principals": "1", "metric-time": "1/10",
		"function-metric-time": "1/37",
	})
)

// but returns the scenario with other values.
func (s scenario) but(key, title string, set map[string]string) scenario {
	all := maps.Clone(s.set)
	maps.Copy(all, set)
	return scenario{key, title, all}
}

// units are those of what a scenario sets and what follows from it.
var units = map[string]string{
	"jobs": "jobs", "pages": "pages", "other-calls": "calls", "together": "", "principals": "functions",
}

// of returns the quantities of a scenario.
func (q quantities) of(s scenario) (quantities, error) {
	q = maps.Clone(q)
	for name, text := range s.set {
		value, ok := new(big.Rat).SetString(text)
		if !ok {
			return nil, fmt.Errorf("%s is %q", name, text)
		}
		unit, ok := units[name]
		if !ok {
			unit = q[name].unit
		}
		q[name] = quantity{value, unit}
	}
	for _, d := range derived {
		q[d.name] = quantity{d.of(q), d.unit}
	}
	return q, nil
}

// derived are the quantities that follow from others, in an order in which each follows only from
// those before it.
var derived = []struct {
	name, unit string
	of         func(quantities) *big.Rat
}{
	{"runs", "runs", func(q quantities) *big.Rat { return mul(q.v("jobs"), q.v("runs-a-job")) }},
	{"calls", "calls", func(q quantities) *big.Rat { return add(q.v("other-calls"), mul(q.v("runs"), q.v("calls-a-run"))) }},
	{"pages-a-run", "pages", func(q quantities) *big.Rat { return div(q.v("pages"), q.v("runs")) }},
	{"run-time", "s", func(q quantities) *big.Rat { return add(mul(q.v("pages-a-run"), q.v("delay")), q.v("overhead")) }},
	// The units of the start and the end are charged for each run, so pages must not include them.
	{"page-writes", "write units a page", func(q quantities) *big.Rat {
		return sub(q.v("crawl-writes"), div(add(q.v("start-writes"), q.v("stop-writes")), q.v("crawl-pages")))
	}},
	{"page-reads", "read units a page", func(q quantities) *big.Rat {
		return sub(q.v("crawl-reads"), div(add(q.v("start-reads"), q.v("stop-reads")), q.v("crawl-pages")))
	}},
	{"run-writes", "write units a run", func(q quantities) *big.Rat {
		return add(q.v("create-writes"), add(q.v("start-writes"), q.v("stop-writes")))
	}},
	{"run-reads", "read units a run", func(q quantities) *big.Rat { return add(q.v("start-reads"), q.v("stop-reads")) }},
	{"runs-at-once", "runs", func(q quantities) *big.Rat { return div(mul(q.v("runs"), q.v("run-time")), q.v("month")) }},
	{"crawl-time", "s of invocations", crawlTime},
	{"busy", "% of the month", func(q quantities) *big.Rat {
		n, _ := q.v("runs-at-once").Float64()
		return mul(new(big.Rat).SetFloat64(1-math.Exp(-n)), big.NewRat(100, 1)) // with at least one run
	}},
	{"invocations-at-once", "invocations", func(q quantities) *big.Rat { return div(q.v("crawl-time"), q.v("month")) }},
	// A run is woken when it starts and at each multiple of the period.
	{"wakeups", "wake-ups", func(q quantities) *big.Rat {
		return mul(q.v("runs"), add(ceil(div(q.v("run-time"), q.v("period"))), one))
	}},
	{"bytes-a-call", "bytes", func(q quantities) *big.Rat {
		lines := add(q.v("call-log-bytes"), add(q.v("access-log-bytes"), mul(q.v("lines-a-call"), q.v("line-bytes"))))
		return add(lines, mul(q.v("platform-lines"), q.v("platform-log-bytes")))
	}},
	{"objects", "objects", func(q quantities) *big.Rat { return div(q.v("pages"), q.v("pages-an-object")) }},
	{"downloads", "downloads", func(q quantities) *big.Rat { return mul(q.v("pages"), q.v("downloads-a-page")) }},
	{"lists", "lists", func(q quantities) *big.Rat { return div(q.v("objects"), q.v("objects-a-list")) }},
	{"crawl-gb", "GB", func(q quantities) *big.Rat { return div(q.v("crawl-memory"), big.NewRat(1024, 1)) }},
	{"call-gb", "GB", func(q quantities) *big.Rat { return div(q.v("call-memory"), big.NewRat(1024, 1)) }},
	{"fast-urls", "URLs a second", func(q quantities) *big.Rat { return div(big.NewRat(1000, 1), q.v("fast-writes")) }},
	// Logs are kept for log-days. A month has the lines of that many days.
	{"log-months", "month", func(q quantities) *big.Rat { return div(mul(q.v("log-days"), big.NewRat(86400, 1)), q.v("month")) }},
}

// crawlTime returns the seconds of all invocations of the crawl function.
//
// Lambda begins to poll a queue with a number of pollers, and each gathers a batch of its own. So
// runs that are woken at once come as so many invocations, and as more if the batches are full. How
// AWS spreads messages over the pollers is not documented: the model is that each goes to any of
// them.
//
// Runs that start at the same hour stay together, since all their workers leave at the same times.
//
// Runs that start at any time first have an invocation of their own, or one that they share with
// those that the same poller gathers in CrawlBatchWindow. It lasts until the last multiple of the period
// before the worker would have to leave. From there they are together with all other runs that have
// come so far. The runs are an M/G/infinity queue, so how many there are at a moment has the Poisson
// distribution, and a poller has at least one of n with the probability 1 - exp(-n / pollers).
func crawlTime(q quantities) *big.Rat {
	runs, pollers, batch := q.v("runs"), q.v("pollers"), q.v("batch")
	if runs.Sign() == 0 {
		return new(big.Rat)
	}
	if q.v("together").Sign() > 0 {
		batches := largest(smallest(pollers, q.v("jobs")), div(q.v("jobs"), batch))
		return mul(mul(batches, q.v("run-time")), q.v("runs-a-job"))
	}
	first := smallest(q.v("run-time"), sub(q.v("stay"), div(q.v("period"), two)))
	rate := div(runs, q.v("month"))
	gathered := smallest(batch, add(one, div(mul(rate, q.v("window")), pollers))) // runs of a new batch
	starting := div(mul(rate, first), gathered)
	later := mul(rate, sub(q.v("run-time"), first))
	n, _ := div(later, pollers).Float64()
	together := mul(pollers, new(big.Rat).SetFloat64(1-math.Exp(-n)))
	return mul(add(starting, largest(together, div(later, batch))), q.v("month"))
}

// v returns the value of a quantity. An unknown one is a mistake in this package, which its test
// finds.
func (q quantities) v(name string) *big.Rat {
	v, ok := q[name]
	if !ok {
		panic("no quantity " + name)
	}
	return v.value
}

var one, two = big.NewRat(1, 1), big.NewRat(2, 1)

func add(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }

// sub returns a - b, but not less than 0.
func sub(a, b *big.Rat) *big.Rat { return largest(new(big.Rat).Sub(a, b), new(big.Rat)) }

func mul(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

// div returns a / b, and 0 if b is 0.
func div(a, b *big.Rat) *big.Rat {
	if b.Sign() == 0 {
		return new(big.Rat)
	}
	return new(big.Rat).Quo(a, b)
}

func smallest(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

func largest(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

func ceil(a *big.Rat) *big.Rat {
	n, rest := new(big.Int).QuoRem(a.Num(), a.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).SetInt(n)
}
