// Command publish-changes is the Lambda function that publishes the changes of runs' states, of which the table's stream tells.
package main

import "github.com/inndx/runs/internal/lambdafn/worker"

func main() { worker.ServeChanges() }
