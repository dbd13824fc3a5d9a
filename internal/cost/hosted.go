package main

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// A hostedCrawler is a service with a published price.
type hostedCrawler struct {
	Name     string  `json:"name"`
	Dollars  decimal `json:"dollars"` // of Pages pages; none if no price was found
	Pages    decimal `json:"pages"`
	Plan     string  `json:"plan"` // what is priced
	Includes string  `json:"includes"`
	Page     string  `json:"page"` // that publishes the price
	Checked  string  `json:"checked"`
}

func readHosted(file string) (list []hostedCrawler, err error) {
	if err = readJSON(file, &list); err != nil {
		return nil, err
	}
	for _, h := range list {
		_, err := time.Parse(time.DateOnly, h.Checked)
		if err != nil || h.Name == "" || h.Plan == "" || h.Includes == "" || !strings.HasPrefix(h.Page, "https://") ||
			(h.Dollars.Rat == nil) != (h.Pages.Rat == nil) {
			return nil, fmt.Errorf("%s: %s is incomplete", file, h.Name)
		}
	}
	return list, nil
}

func (m *maker) hostedTable() (string, error) {
	text := head("service", "1,000,000 pages a month", "the published price", "includes", "page", "checked")
	for _, h := range m.hosted {
		million := "not found"
		if h.Dollars.Rat != nil {
			million = dollars(mul(div(h.Dollars.Rat, h.Pages.Rat), big.NewRat(1_000_000, 1)))
		}
		text += row(h.Name, million, h.Plan, h.Includes, h.Page, h.Checked)
	}
	return text, nil
}
