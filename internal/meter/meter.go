// Package meter counts what a call does: its database requests, the capacity units that they use,
// and what it crawls. It does no I/O.
package meter

import (
	"context"
	"slices"
	"sync"
)

// A Meter counts what a call does. A failed database request is not counted: DynamoDB charges for a
// condition that does not hold, but its error reports no units. The zero Meter is ready to use. A
// Meter is safe for concurrent use.
type Meter struct {
	mu    sync.Mutex
	usage Usage
}

// Usage is what a Meter counted.
type Usage struct {
	Requests    int
	Read, Write float64 // capacity units, those of indexes included
	Commits     int     // to logs of runs
	Pages       int64   // whose outcomes the commits recorded
}

// Usage returns what was counted since the last Reset.
func (m *Meter) Usage() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.usage
}

// Reset sets the meter to zero and returns what was counted since the last Reset.
func (m *Meter) Reset() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	usage := m.usage
	m.usage = Usage{}
	return usage
}

// Add counts u.
func (m *Meter) Add(u Usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.usage.Requests += u.Requests
	m.usage.Read += u.Read
	m.usage.Write += u.Write
	m.usage.Commits += u.Commits
	m.usage.Pages += u.Pages
}

type contextKey struct{}

// With returns a context in which m counts, in addition to the meters that ctx already carries.
func With(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, contextKey{}, append(slices.Clip(From(ctx)), m))
}

// Count counts u with each meter that ctx carries.
func Count(ctx context.Context, u Usage) {
	for _, m := range From(ctx) {
		m.Add(u)
	}
}

// From returns the meters that ctx carries.
func From(ctx context.Context) []*Meter {
	meters, _ := ctx.Value(contextKey{}).([]*Meter)
	return meters
}
