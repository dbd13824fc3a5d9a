package lambdafn

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// traced returns the trace header of an invocation of the function, and the number of its earlier
// invocations in the same chain. The Lineage field of the header describes the chain. For each
// function, it has a hash of eight digits and the number of invocations after the first, as in
// "Lineage=a87bd80c:1|68fd508a:5". The SDKs add the header to all requests that a function makes
// while it handles the event, with or without X-Ray. See
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html.
func traced(trace, function string) (next string, before int) {
	h := fnv.New32a()
	h.Write([]byte(function))
	name := fmt.Sprintf("%08x", h.Sum32())
	id := strings.ReplaceAll(uuid.NewString(), "-", "")
	fields := []string{"Root=1-" + id[:8] + "-" + id[8:], "Parent=" + id[:16], "Sampled=0"}
	var chain []string
	for field := range strings.SplitSeq(trace, ";") {
		if root, ok := strings.CutPrefix(field, "Root="); ok {
			fields[0] = "Root=" + root
		}
		lineage, _ := strings.CutPrefix(field, "Lineage=")
		for part := range strings.SplitSeq(lineage, "|") {
			hash, count, ok := strings.Cut(part, ":")
			n, err := strconv.Atoi(count)
			switch {
			case !ok || err != nil:
			case hash == name:
				before = n + 1
			default:
				chain = append(chain, part)
			}
		}
	}
	chain = append(chain, name+":"+strconv.Itoa(before))
	return strings.Join(append(fields, "Lineage="+strings.Join(chain, "|")), ";"), before
}

// chainOf returns the trace header of the invocation of a function with a batch. Each message has the
// header of its sender. AWS does not document whose chain the invocation continues. The worst case
// for a function is the longest one.
func chainOf(batch []*cloudMessage, function string) (header string) {
	longest := -1
	for _, m := range batch {
		trace := m.Attributes["AWSTraceHeader"]
		if _, before := traced(trace, function); before > longest {
			header, longest = trace, before
		}
	}
	return header
}

// traceHeader returns the header of a chain in which that many functions take part.
func traceHeader(functions int) (header string) {
	for i := range functions {
		header, _ = traced(header, fmt.Sprint(i))
	}
	return header
}
