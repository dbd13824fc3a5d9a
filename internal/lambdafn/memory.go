package lambdafn

import "runtime/debug"

// memoryVariable is the environment variable with the memory of the function in MB, each of 2^20
// bytes. Lambda sets it. See
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html and
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const memoryVariable = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"

// LimitMemory limits the memory that the Go runtime uses to nine tenths of what the function has,
// and returns the limit in bytes. The rest is for the binary and for what the limit does not
// prevent. Go does not know how much memory a function has: without a limit, the heap may double
// before the next garbage collection, which is too much with large frontiers.
//
// It returns 0 if the environment does not say how much memory the function has.
func (d Dependencies) LimitMemory() int64 {
	limit := d.env.memory / 10 * 9
	if limit > 0 {
		debug.SetMemoryLimit(limit)
	}
	return limit
}

// exportMemory is about what an export takes: its merge, and the parts that are uploaded.
const exportMemory = 200 << 20

// maxExports returns how many exports an invocation makes at a time. They may take a quarter of the
// memory, but one may always be made. It returns 0 if the memory is not known.
func (env environment) maxExports() int {
	if env.memory == 0 {
		return 0
	}
	return int(max(1, env.memory/4/exportMemory))
}
