// Command sweep is the Lambda function that wakes the runs whose wake time has passed, abandons the
// runs and exports whose wake-ups failed repeatedly, and writes the index entries that runs of
// earlier versions lack. A schedule invokes it.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() {
	d := lambdafn.Connect()
	d.ServeSweep(d.Keeper(nil))
}
