package main

import (
	"testing"
)

const (
	root = "../.."
	docs = root + "/docs/cost.md"
)

func inputsOf(t *testing.T) *inputs {
	t.Helper()
	in, err := readInputs(root, "")
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func updated(t *testing.T, text string) (string, error) {
	t.Helper()
	tables, numbers, err := makeTables(inputsOf(t))
	if err != nil {
		t.Fatal(err)
	}
	return update(text, tables, numbers)
}
