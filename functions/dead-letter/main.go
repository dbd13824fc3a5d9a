// Command dead-letter is the Lambda function that abandons the runs and exports whose wake-ups
// failed repeatedly.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() {
	d := lambdafn.Connect()
	d.ServeQueue("dead-letter", d.Keeper(nil).Abandon)
}
