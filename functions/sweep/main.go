// Command sweep is the Lambda function that wakes the runs whose wake time has passed, on a schedule.
package main

import "github.com/inndx/runs/internal/lambdafn/worker"

func main() { worker.ServeSweep() }
