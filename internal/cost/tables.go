package main

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// A table is one of docs/cost.md, in Markdown.
type table struct{ name, title, text string }

// A maker makes the tables, and collects the numbers that prose may name.
type maker struct {
	*inputs
	numbers map[string]string // by mark, such as hour:total
	used    map[string]bool   // the names of the prices and quantities of all lines
}

// makeTables returns the tables and the numbers that prose may name.
func makeTables(in *inputs) ([]table, map[string]string, error) {
	m := &maker{in, map[string]string{}, map[string]bool{}}
	var tables []table
	for _, t := range []struct {
		name, title string
		make        func() (string, error)
	}{
		{"aims", "The bill", m.aimTable},
		{"units", "The measured units", m.unitTable},
		{"assumptions", "The assumptions", m.assumptionTable},
		{"prices", "The prices", m.priceTable},
		{"months", "The months", func() (string, error) { return m.costTable("service", monthLines, hour, spread, large, idle) }},
		{"memory", "The memory of the crawl function", m.memoryTable},
		{"options", "Other values of parameters, in addition", m.optionTable},
		{"kept", "S3", func() (string, error) { return m.costTable("S3", keptLines, keptPolite, keptFast) }},
		{"wait", "A client that waits", func() (string, error) {
			return m.costTable("service", waitLines, hour.but("wait", "a month", nil))
		}},
		{"lists", "Ten million runs", m.listTable},
		{"hosted", "Hosted crawlers", m.hostedTable},
	} {
		text, err := t.make()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", t.title, err)
		}
		tables = append(tables, table{t.name, t.title, text})
	}
	return tables, m.numbers, nil
}

// largestLines is how many lines of a month the table of aims names at most.
const largestLines = 4

func (m *maker) aimTable() (string, error) {
	text := head("a month", "costs", "aim", "", "its largest lines")
	for _, aim := range aims {
		total, err := m.total(monthLines, aim.scenario, nil)
		if err != nil {
			return "", err
		}
		q, err := m.quantities.of(aim.scenario)
		if err != nil {
			return "", err
		}
		costs := map[string]*big.Rat{}
		lines := slices.Clone(monthLines)
		for _, l := range lines {
			if costs[l.key], err = m.cost(l, q, nil); err != nil {
				return "", err
			}
		}
		slices.SortStableFunc(lines, func(a, b line) int { return costs[b.key].Cmp(costs[a.key]) })
		var largest []string
		for _, l := range lines[:largestLines] {
			if costs[l.key].Sign() > 0 {
				largest = append(largest, l.service+" "+dollars(costs[l.key]))
			}
		}
		limit := mustRat(aim.dollars)
		result := "reached"
		if total.Cmp(limit) > 0 {
			result = "not reached"
		}
		text += row(aim.title, dollars(total), dollars(limit), result, strings.Join(largest, "; "))
	}
	return text, nil
}

func (m *maker) unitTable() (string, error) {
	q, err := m.quantities.of(hour)
	if err != nil {
		return "", err
	}
	text := head("unit", "measured by", "value")
	for _, u := range measurements {
		if u.text != "" {
			text += row(u.text, "`"+strings.TrimSuffix(u.benchmark, "/")+"`", number(q[u.name].value))
		}
	}
	for _, name := range []string{"page-writes", "page-reads", "run-writes"} {
		m.numbers["unit:"+name] = number(q[name].value)
	}
	return text, nil
}

func (m *maker) assumptionTable() (string, error) {
	text := head("assumption", "value")
	for _, a := range m.assumptions {
		text += row(a.Why, number(a.Value.Rat)+" "+a.Unit)
	}
	return text, nil
}

func (m *maker) priceTable() (string, error) {
	text := head("price", "of", "AWS's page", "checked")
	for _, p := range m.prices.list {
		text += row("$"+exact(p.Price.Rat, 2), p.Unit, p.Page, p.Checked)
	}
	return text, nil
}

func (m *maker) memoryTable() (string, error) {
	text := head("`CrawlMemory`", "time, at one hour", "all", "time, spread", "all")
	for _, memory := range memories {
		cells := []string{memory + " MB"}
		for _, s := range []scenario{hour, spread} {
			s = s.but(s.key+"-"+memory, "", map[string]string{"crawl-memory": memory})
			q, err := m.quantities.of(s)
			if err != nil {
				return "", err
			}
			time, err := m.cost(monthLines[0], q, nil)
			if err != nil {
				return "", err
			}
			total, err := m.total(monthLines, s, nil)
			if err != nil {
				return "", err
			}
			m.numbers[s.key+":total"] = dollars(total)
			m.numbers[s.key+":cost-of-crawl-time"] = dollars(time)
			cells = append(cells, dollars(time), dollars(total))
		}
		text += row(cells...)
	}
	return text, nil
}

func (m *maker) optionTable() (string, error) {
	scenarios := []scenario{hour, spread, idle}
	text := head("with", "at one hour", "spread", "idle")
	for _, o := range options {
		cells := []string{o.text}
		for _, s := range scenarios {
			without, err := m.total(monthLines, s, nil)
			if err != nil {
				return "", err
			}
			with, err := m.total(monthLines, s.but("", "", o.set), o.swap)
			if err != nil {
				return "", err
			}
			cells = append(cells, dollars(sub(with, without)))
		}
		text += row(cells...)
	}
	return text, nil
}

func (m *maker) listTable() (string, error) {
	q, err := m.quantities.of(hour)
	if err != nil {
		return "", err
	}
	text := head("a page of 20 of 10,000,000 runs", "read units", "a million pages")
	for _, l := range pageLines {
		v, err := m.cost(l, q, nil)
		if err != nil {
			return "", err
		}
		text += row(l.service, number(q[l.terms[0].factors[0]].value), dollars(v))
	}
	for _, l := range listLines {
		v, err := m.cost(l, q, nil)
		if err != nil {
			return "", err
		}
		m.numbers["lists:cost-of-"+l.key] = dollars(v)
	}
	return text, nil
}
