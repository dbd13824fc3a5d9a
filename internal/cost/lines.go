package main

// A line of a table is a service's part of the costs of a month.
type line struct {
	key     string // in the marks of docs/cost.md
	service string
	terms   []term
}

// A term is a product of quantities that is charged at a price, or at several at once.
type term struct {
	prices  []string
	factors []string
}

func at(price string, factors ...string) term { return term{[]string{price}, factors} }

// stored is the term of bytes that the table stores with its backup.
func stored(factors ...string) term {
	return term{[]string{"dynamodb-storage", "dynamodb-backup"}, factors}
}

var monthLines = []line{
	{"crawl-time", "Lambda, crawl", []term{at("lambda-time", "crawl-time", "crawl-gb"), at("lambda-requests", "wakeups")}},
	{"page-writes", "DynamoDB, writes of pages", []term{at("dynamodb-writes", "pages", "page-writes")}},
	{"page-reads", "DynamoDB, reads of pages", []term{at("dynamodb-reads", "pages", "page-reads")}},
	{"run-writes", "DynamoDB, writes of runs", []term{at("dynamodb-writes", "runs", "run-writes")}},
	{"run-reads", "DynamoDB, reads of runs", []term{at("dynamodb-reads", "runs", "run-reads")}},
	{"call-reads", "DynamoDB, reads of calls", []term{at("dynamodb-reads", "calls", "call-reads")}},
	{"storage", "DynamoDB, storage and its backup", []term{stored("pages", "log-bytes"), stored("runs", "run-bytes")}},
	{"http-api", "HTTP API", []term{at("http-api", "calls")}},
	{"internet", "Data to the internet", []term{at("internet", "calls", "response-bytes"), at("internet", "pages", "request-bytes")}},
	{"calls", "Lambda, calls", []term{at("lambda-requests", "calls"), at("lambda-time", "calls", "call-time", "call-gb")}},
	{"wakeups", "SQS, wake-ups", []term{at("sqs", "wakeups", "requests-a-message")}},
	{"polls", "SQS, empty responses", []term{at("sqs", "queues", "pollers", "polls")}},
	{"call-logs", "Logs of calls", []term{at("logs", "calls", "bytes-a-call")}},
	{"crawl-logs", "Logs of crawls", []term{
		at("logs", "wakeups", "lines-a-wakeup", "crawl-log-bytes"), at("logs", "runs", "transitions", "published-log-bytes"),
	}},
	{"log-storage", "Logs, storage", []term{
		at("logs-storage", "calls", "bytes-a-call", "compression", "log-months"),
		at("logs-storage", "wakeups", "lines-a-wakeup", "crawl-log-bytes", "compression", "log-months"),
	}},
	{"kms", "KMS, the key of the table", []term{at("kms", "table-keys", "principals", "key-requests")}},
	{"xray", "X-Ray", []term{
		at("xray", "calls", "traces"), at("xray", "wakeups", "traces"), at("xray", "runs", "transitions", "traces"),
		at("xray", "sweeps", "traces"),
	}},
	{"events", "EventBridge, and the function that publishes", []term{
		at("eventbridge", "runs", "transitions"), at("lambda-requests", "runs", "transitions"),
		at("lambda-time", "runs", "transitions", "call-time", "call-gb"),
	}},
	{"sweep", "The sweep", []term{
		at("dynamodb-reads", "sweeps", "queries-a-sweep", "empty-query"), at("lambda-requests", "sweeps"),
		at("lambda-time", "sweeps", "sweep-time", "call-gb"), at("logs", "sweeps", "sweep-log-bytes"),
		at("sqs", "sweeps", "receives-a-sweep"),
	}},
	{"cloudwatch", "CloudWatch", []term{at("metric", "metrics", "metric-time"), at("metric", "function-metrics", "function-metric-time"), at("alarm", "alarms"), at("dashboard", "dashboards")}},
}

// The S3 table is about runs that keep each response.
var (
	keptPolite = hour.but("kept-polite", "1,000,000 pages, polite", nil)
	keptFast   = hour.but("kept-fast", "1,000,000 pages, fast", map[string]string{"pages-an-object": "100"})
)

var keptLines = []line{
	{"put", "PUT of objects, one a commit, and of their parts beyond 16 MB", []term{at("s3-put", "objects")}},
	{"kept", "storage", []term{at("s3-storage", "pages", "kept-bytes")}},
	{"get", "GET of artifacts", []term{at("s3-get", "downloads")}},
	{"downloads", "downloads to the internet", []term{at("internet", "downloads", "kept-bytes")}},
	{"tidy", "tidy: a list of the objects, once", []term{at("s3-put", "lists")}},
	{"purge", "purge: the same list, and a HEAD for each object; S3 charges nothing for DELETE",
		[]term{at("s3-put", "lists"), at("s3-get", "objects")}},
}

// A client that waits for runs all the time.
var waitLines = []line{
	{"time", "Lambda", []term{at("lambda-requests", "wait-calls"), at("lambda-time", "month", "call-gb")}},
	{"reads", "DynamoDB", []term{at("dynamodb-reads", "wait-reads")}},
	{"requests", "HTTP API", []term{at("http-api", "wait-calls")}},
}

// The lists of ten million runs: a million pages of each kind.
var pageLines = []line{
	{"first-page", "the first", []term{at("dynamodb-reads", "first-page-reads", "million")}},
	{"middle-page", "one in the middle, 250,000 pages deep", []term{at("dynamodb-reads", "middle-page-reads", "million")}},
	{"last-page", "the last", []term{at("dynamodb-reads", "last-page-reads", "million")}},
	{"empty-page", "of a filter that nothing matches: the page is empty, with a cursor",
		[]term{at("dynamodb-reads", "empty-page-reads", "million")}},
}

// listLines are what else the text about ten million runs says.
var listLines = []line{
	{"table", "the table with its three indexes", []term{at("dynamodb-storage", "ten-million", "copies", "item-bytes")}},
	{"entries", "the entries of runs that an earlier version wrote", []term{at("dynamodb-writes", "ten-million", "entry-writes")}},
}

// options are parameters of the template, and what a month with another value costs in addition.
var options = []struct {
	text string
	set  map[string]string
	swap map[string]string // a price in place of another
}{
	{"`Tracing` Active, with X-Ray recording every call at most", map[string]string{"traces": "1"}, nil},
	{"`DetailedMetrics` true: 111 metrics more", map[string]string{"function-metrics": "111"}, nil},
	{"`TableKmsKey` true", map[string]string{"table-keys": "1"}, nil},
	{"`CloudWatchDashboard` true", map[string]string{"dashboards": "1"}, nil},
	{"`Architecture` x86_64", nil, map[string]string{"lambda-time": "lambda-time-x86"}},
	{"`CrawlBatchSize` 1: each run has an invocation of its own", map[string]string{"batch": "1"}, nil},
}

// memories are values of CrawlMemory, in MB.
var memories = []string{"512", "1024", "1769", "3008"}

// aims are what months are to cost, in dollars.
var aims = []struct {
	scenario
	dollars string
}{
	{hour, "5"},
	{hour.but("hour-512", "the same, with 512 MB for the crawl function", map[string]string{"crawl-memory": "512"}), "5"},
	{spread, "5"},
	{spread.but("spread-512", "the same, with 512 MB for the crawl function", map[string]string{"crawl-memory": "512"}), "5"},
	{idle, "2"},
}
