// Command dead-letter is the Lambda function that abandons runs whose wake-ups failed repeatedly.
package main

import "github.com/inndx/runs/internal/lambdafn"

func main() {
	d := lambdafn.Connect()
	d.ServeQueue("dead-letter", d.Keeper().Abandon)
}
