// Command dead-letter is the Lambda function that gives up the runs whose wake-ups failed again and again.
package main

import "github.com/inndx/runs/internal/lambdafn/worker"

func main() { worker.ServeDeadLetters() }
