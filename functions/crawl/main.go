// Command crawl is the Lambda function that crawls the runs that wake-ups of the queue name.
package main

import "github.com/inndx/runs/internal/lambdafn/worker"

func main() { worker.ServeWakeups() }
