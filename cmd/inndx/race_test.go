//go:build race

package main_test

// raceFlags build the command with the race detector when the tests are.
var raceFlags = []string{"-race"}
