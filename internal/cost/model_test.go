package main

import (
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// Each price, assumption and measurement is part of a line, so none is kept without a use.
func TestNothingIsUnused(t *testing.T) {
	in := inputsOf(t)
	in.quantities["batch"], in.quantities["window"] = quantity{ten, "runs"}, quantity{one, "s"}
	in.quantities["platform-lines"] = quantity{one, ""}
	m := &maker{in, map[string]string{}, map[string]bool{}}
	q, err := in.quantities.of(hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, lines := range [][]line{monthLines, keptLines, waitLines, pageLines, listLines} {
		for _, l := range lines {
			if _, err := m.cost(l, q, nil); err != nil {
				t.Error(err)
			}
		}
	}
	for _, o := range options {
		for price, other := range o.swap {
			if !m.used[price] {
				t.Errorf("%s: no line has the price %s", o.text, price)
			}
			m.used[other] = true
		}
	}
	for _, p := range in.prices.list {
		if !m.used[p.Name] {
			t.Errorf("no line has the price %s", p.Name)
		}
	}
	// A quantity may be part of a line by one that follows from it: then another value of it changes
	// a line or a number of a scenario.
	changes := func(name string) bool {
		v, other := in.quantities[name], maps.Clone(in.quantities)
		other[name] = quantity{mul(add(v.value, one), two), v.unit}
		for _, s := range []scenario{hour, spread, large} {
			before, err := in.quantities.of(s)
			if err != nil {
				t.Fatal(err)
			}
			after, err := other.of(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range derived {
				if before.v(d.name).Cmp(after.v(d.name)) != 0 {
					return true
				}
			}
		}
		return false
	}
	for _, a := range in.assumptions {
		if !m.used[a.Name] && !changes(a.Name) {
			t.Errorf("nothing follows from the assumption %s", a.Name)
		}
	}
	for _, u := range measurements {
		if !m.used[u.name] && u.text == "" && !changes(u.name) {
			t.Errorf("nothing follows from %s of %s", u.metric, u.benchmark)
		}
	}
}

// The formula of a line that has one value for all columns gives what the table says.
func TestLineCosts(t *testing.T) {
	in := inputsOf(t)
	for name, value := range map[string]string{
		"queues": "2", "pollers": "5", "polls": "129600", "metrics": "2", "metric-time": "1", "function-metrics": "37", "alarms": "10",
		"dashboards":   "1",
		"crawl-memory": "1024", "batch": "50", "window": "5",
	} {
		in.quantities[name] = quantity{mustRat(value), ""}
	}
	m := &maker{in, map[string]string{}, map[string]bool{}}
	for _, test := range []struct {
		key  string
		of   scenario
		want string
	}{
		{"polls", idle, "0.5184"},    // 2 × 5 × 129,600 × 0.40 / 1,000,000
		{"cloudwatch", idle, "4.36"}, // (2 × 0.1 + 37 / 37) × 0.30 + 10 × 0.10 + 3
		{"http-api", hour, "1.03"},   // 1,030,000 × 1.00 / 1,000,000
		{"http-api", large, "10300"}, // ten thousand times as much
		{"call-reads", idle, "0"},
		// 1,030,000 responses of 2,000 bytes and the requests for 1,000,000 pages, at $0.09 a GB.
		{"internet", hour, "0.2304"},
		{"internet", idle, "0"},
		// 5 invocations × 335 1/3 s × 30 days × 1 GB, and 3,000 runs that are woken 3 times.
		{"crawl-time", hour, "0.67247002"},
	} {
		i := slices.IndexFunc(monthLines, func(l line) bool { return l.key == test.key })
		if i < 0 {
			t.Errorf("no line %s", test.key)
			continue
		}
		q, err := in.quantities.of(test.of)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.cost(monthLines[i], q, nil); err != nil || got.Cmp(mustRat(test.want)) != 0 {
			t.Errorf("%s of %s costs %s, %v, want %s", test.key, test.of.key, got.FloatString(9), err, test.want)
		}
	}
}

// The time of the crawl function is at most that of invocations of one run each, and at least that
// of full batches.
func TestCrawlTime(t *testing.T) {
	in := inputsOf(t)
	in.quantities["window"] = quantity{big.NewRat(5, 1), "s"}
	for _, batch := range []string{"1", "10", "50", "400"} {
		for _, s := range []scenario{hour, spread, large, large.but("", "", map[string]string{"together": "1"})} {
			in.quantities["batch"] = quantity{mustRat(batch), "runs"}
			q, err := in.quantities.of(s)
			if err != nil {
				t.Fatal(err)
			}
			alone := mul(q.v("runs"), q.v("run-time"))
			got, full := q.v("crawl-time"), div(alone, q.v("batch"))
			if got.Cmp(alone) > 0 || got.Cmp(full) < 0 {
				t.Errorf("%s with batches of %s: %s s, want %s to %s", s.key, batch, number(got), number(full), number(alone))
			}
			if batch == "1" && s.key != "spread" && got.Cmp(alone) != 0 {
				t.Errorf("%s without batches: %s s, want %s", s.key, number(got), number(alone))
			}
		}
	}
}

// In an idle month only the sweep runs: X-Ray traces it, and of the metrics of functions it records
// three, for which CloudWatch charges.
func TestOptionsOfAnIdleMonth(t *testing.T) {
	m := &maker{inputsOf(t), map[string]string{}, map[string]bool{}}
	without, err := m.total(monthLines, idle, nil)
	if err != nil {
		t.Fatal(err)
	}
	for parameter, want := range map[string]string{
		"Tracing":         "0.216", // 43,200 × 5.00 / 1,000,000
		"DetailedMetrics": "0.9",   // 3 × 0.30
	} {
		for _, o := range options {
			if !strings.HasPrefix(o.text, "`"+parameter+"`") {
				continue
			}
			with, err := m.total(monthLines, idle.but("", "", o.set), o.swap)
			if err != nil || sub(with, without).Cmp(mustRat(want)) != 0 {
				t.Errorf("%s costs %s, %v, want %s", parameter, sub(with, without).FloatString(9), err, want)
			}
		}
	}
}
