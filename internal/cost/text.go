package main

import (
	"fmt"
	"math/big"
	"strings"
)

// dollars writes an amount: in cents, or from $100 in dollars. The half rounds up.
func dollars(v *big.Rat) string {
	switch {
	case v.Sign() == 0:
		return "$0"
	case v.Cmp(big.NewRat(1, 200)) < 0:
		return "< $0.01"
	case v.Cmp(big.NewRat(9999, 100)) <= 0:
		return "$" + v.FloatString(2)
	}
	return "$" + thousands(v.FloatString(0))
}

// number writes a number: an integer as it is, and others with at most three significant digits.
func number(v *big.Rat) string {
	if v.IsInt() {
		return thousands(v.Num().String())
	}
	if v.Cmp(big.NewRat(1000, 1)) >= 0 {
		return thousands(v.FloatString(0))
	}
	digits := 2 // after the point, for numbers from 1 to 10
	for limit := new(big.Rat).Set(one); v.Cmp(limit) < 0 && digits < 12; digits++ {
		limit.Quo(limit, ten)
	}
	for limit := new(big.Rat).Set(ten); v.Cmp(limit) >= 0 && digits > 0; digits-- {
		limit.Mul(limit, ten)
	}
	text := v.FloatString(digits)
	if digits > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

var ten = big.NewRat(10, 1)

// exact writes a decimal number with all its digits, and at least the given number of them after
// the point.
func exact(v *big.Rat, least int) string {
	for digits := least; ; digits++ {
		if text := v.FloatString(digits); digits > 20 || mustRat(text).Cmp(v) == 0 {
			return text
		}
	}
}

func mustRat(text string) *big.Rat {
	v, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(fmt.Sprintf("%q is not a number", text))
	}
	return v
}

// thousands puts commas between the digits of an integer.
func thousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// row writes a row of a Markdown table.
func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// head writes the head of a Markdown table.
func head(cells ...string) string {
	return row(cells...) + strings.Repeat("| --- ", len(cells)) + "|\n"
}
