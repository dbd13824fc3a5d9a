//go:build race

package main_test

// raceFlags are the build flags of the command. They enable the race detector if the tests have it.
var raceFlags = []string{"-race"}
