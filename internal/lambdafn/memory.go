package lambdafn

import (
	"runtime/debug"

	"github.com/inndx/runs/internal/budget"
)

// memoryVariable is the environment variable with the memory of the function in MB, each of 2^20
// bytes. Lambda sets it. See
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html and
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const memoryVariable = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"

const (
	// baseMemory is about what the process of the crawl function takes without runs.
	baseMemory = 64 << 20
	// exportMemory is about what an export takes: the blocks of an index that it merges, and the
	// parts that are uploaded.
	exportMemory = 200 << 20
)

// Budget sets the memory limit of the Go runtime to what the function has, and returns the budget
// of the runs of an invocation, which has the rest. It returns nil if the environment does not say
// how much memory the function has.
func (d Dependencies) Budget() *budget.Budget {
	if d.env.memory == 0 {
		return nil
	}
	debug.SetMemoryLimit(d.env.memoryLimit())
	return budget.New(d.env.limits())
}

// memoryLimit returns the limit of the Go runtime's memory, in bytes: nine tenths of what the
// function has. Without a limit, the heap may double before the next garbage collection, and a
// large frontier would exceed the memory of the function.
func (env environment) memoryLimit() int64 { return env.memory / 10 * 9 }

// limits returns the limits of the budget of an invocation. The frontiers have what the process,
// the exports and the bodies leave, but at most two thirds of the limit, so that the garbage
// collector does not run all the time.
func (env environment) limits() budget.Limits {
	limit := env.memoryLimit()
	bodies := limit / 8
	rest := limit - baseMemory - int64(env.maxExports())*exportMemory - bodies
	return budget.Limits{Memory: min(rest, limit*2/3), Bodies: bodies}
}

// maxExports returns how many exports an invocation makes at a time. They may take an eighth of the
// memory, but one may always be made. It returns 0, the default of package housekeeping, if the
// memory is not known.
func (env environment) maxExports() int {
	if env.memory == 0 {
		return 0
	}
	return int(max(1, env.memory/8/exportMemory))
}
