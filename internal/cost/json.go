package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"time"
)

// A decimal is a number that a JSON file has as a string, so that it is exact.
type decimal struct{ *big.Rat }

// UnmarshalJSON reads a string such as "0.0000133334".
func (d *decimal) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	v, ok := new(big.Rat).SetString(s)
	if !ok || strings.ContainsAny(s, "/eE") {
		return fmt.Errorf("%q is not a decimal number", s)
	}
	d.Rat = v
	return nil
}

// An assumption is a quantity that no benchmark measures.
type assumption struct {
	Name  string  `json:"name"`
	Value decimal `json:"value"`
	Unit  string  `json:"unit"`
	Why   string  `json:"why"` // a sentence
}

func readAssumptions(file string) (list []assumption, err error) {
	if err = readJSON(file, &list); err != nil {
		return nil, err
	}
	for i, a := range list {
		if a.Name == "" || a.Value.Rat == nil || a.Unit == "" || a.Why == "" {
			return nil, fmt.Errorf("%s: assumption %d is incomplete", file, i)
		}
		if slices.ContainsFunc(list[:i], func(o assumption) bool { return o.Name == a.Name }) {
			return nil, fmt.Errorf("%s: %s is there twice", file, a.Name)
		}
	}
	return list, nil
}

// A price is one of AWS's on-demand list prices for us-east-1: that of the first tier, without any
// free tier.
type price struct {
	Name    string  `json:"name"`
	Price   decimal `json:"price"` // in dollars, of Per units
	Per     decimal `json:"per"`
	Unit    string  `json:"unit"` // with an article, such as "a million requests"
	Page    string  `json:"page"` // AWS's page that has it
	Checked string  `json:"checked"`
}

// prices are the prices by name, and their order in the file.
type prices struct {
	list   []price
	byName map[string]price
}

func readPrices(file string) (prices, error) {
	p := prices{byName: map[string]price{}}
	if err := readJSON(file, &p.list); err != nil {
		return p, err
	}
	for _, price := range p.list {
		_, err := time.Parse(time.DateOnly, price.Checked)
		if err != nil || price.Price.Rat == nil || price.Per.Rat == nil || price.Per.Sign() <= 0 || price.Unit == "" ||
			!strings.HasPrefix(price.Page, "https://aws.amazon.com/") {
			return p, fmt.Errorf("%s: the price %s is incomplete", file, price.Name)
		}
		if _, ok := p.byName[price.Name]; ok {
			return p, fmt.Errorf("%s: %s is there twice", file, price.Name)
		}
		p.byName[price.Name] = price
	}
	return p, nil
}

// readJSON decodes a file, which has no unknown members.
func readJSON(file string, v any) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
