package main

import (
	"testing"
)

func TestText(t *testing.T) {
	for _, test := range []struct{ value, dollars, number string }{
		{"0", "$0", "0"},
		{"0.004999", "< $0.01", "0.005"},
		{"0.005", "$0.01", "0.005"},
		{"0.0427", "$0.04", "0.0427"},
		{"1.005", "$1.01", "1.01"},
		{"4.633333", "$4.63", "4.63"},
		{"12.345", "$12.35", "12.3"},
		{"99.99", "$99.99", "100"},
		{"99.995", "$100", "100"},
		{"1234.5", "$1,235", "1,235"},
		{"231722", "$231,722", "231,722"},
		{"10000000000", "$10,000,000,000", "10,000,000,000"},
	} {
		if got := dollars(mustRat(test.value)); got != test.dollars {
			t.Errorf("%s is %s, want %s", test.value, got, test.dollars)
		}
		if got := number(mustRat(test.value)); got != test.number {
			t.Errorf("%s is %s, want %s", test.value, got, test.number)
		}
	}
}
