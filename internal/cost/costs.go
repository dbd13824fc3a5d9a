package main

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// cost returns what a line costs. swap names prices that take the place of others.
func (m *maker) cost(l line, q quantities, swap map[string]string) (*big.Rat, error) {
	sum := new(big.Rat)
	for _, t := range l.terms {
		for _, name := range t.prices {
			if other, ok := swap[name]; ok {
				name = other
			}
			p, ok := m.prices.byName[name]
			if !ok {
				return nil, fmt.Errorf("%s: prices.json has no %s", l.service, name)
			}
			m.used[name] = true
			product := div(p.Price.Rat, p.Per.Rat)
			for _, factor := range t.factors {
				v, ok := q[factor]
				if !ok {
					return nil, fmt.Errorf("%s: no quantity %s", l.service, factor)
				}
				m.used[factor] = true
				product = mul(product, v.value)
			}
			sum.Add(sum, product)
		}
	}
	return sum, nil
}

// total returns what all lines cost in a scenario.
func (m *maker) total(lines []line, s scenario, swap map[string]string) (*big.Rat, error) {
	sum := new(big.Rat)
	q, err := m.quantities.of(s)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		v, err := m.cost(l, q, swap)
		if err != nil {
			return nil, err
		}
		sum.Add(sum, v)
	}
	return sum, nil
}

// costTable is a table with a column for each scenario.
func (m *maker) costTable(what string, lines []line, scenarios ...scenario) (string, error) {
	columns := make([]quantities, len(scenarios))
	totals := make([]*big.Rat, len(scenarios))
	titles := []string{what, "computed as"}
	for i, s := range scenarios {
		var err error
		if columns[i], err = m.quantities.of(s); err != nil {
			return "", err
		}
		totals[i] = new(big.Rat)
		titles = append(titles, s.title)
		for name, v := range columns[i] {
			m.numbers[s.key+":"+name] = number(v.value)
		}
	}
	var text strings.Builder
	text.WriteString(head(titles...))
	for _, l := range lines {
		cells := []string{l.service, m.formula(l, columns)}
		for i, s := range scenarios {
			v, err := m.cost(l, columns[i], nil)
			if err != nil {
				return "", err
			}
			totals[i].Add(totals[i], v)
			cells = append(cells, dollars(v))
			m.numbers[s.key+":cost-of-"+l.key] = dollars(v)
		}
		text.WriteString(row(cells...))
	}
	cells := []string{"**all**", ""}
	for i, s := range scenarios {
		cells = append(cells, "**"+dollars(totals[i])+"**")
		m.numbers[s.key+":total"] = dollars(totals[i])
	}
	return text.String() + row(cells...), nil
}

// formula writes the terms of a line. A quantity that the columns have in common is written as its
// value.
func (m *maker) formula(l line, columns []quantities) string {
	var terms []string
	for _, t := range l.terms {
		var factors []string
		for _, name := range t.factors {
			first := columns[0][name]
			same := !slices.ContainsFunc(columns, func(q quantities) bool { return q[name].value.Cmp(first.value) != 0 })
			if same {
				factors = append(factors, number(first.value)+" "+first.unit)
			} else {
				factors = append(factors, first.unit)
			}
		}
		var sum []string
		for _, name := range t.prices {
			p := m.prices.byName[name]
			sum = append(sum, "$"+exact(p.Price.Rat, 2))
		}
		price := strings.Join(sum, " + ")
		if len(sum) > 1 {
			price = "(" + price + ")"
		}
		terms = append(terms, strings.Join(append(factors, price), " × ")+scale(m.prices.byName[t.prices[0]]))
	}
	return strings.Join(terms, " + ")
}

// scale writes how many units a price is for.
func scale(p price) string {
	switch p.Per.RatString() {
	case "10000":
		return " for 10,000"
	case "1000000":
		return " a million"
	case "1000000000":
		return " a GB"
	}
	return ""
}
