package fetch

import (
	"context"
	"time"
)

// Resources are what the clients of a process share. *budget.Share implements it and documents the
// methods.
type Resources interface {
	ReserveBody(ctx context.Context, n int64) (reserved int64, err error)
	FreeBody(n int64)
	ConnOpened()
	ConnClosed()
}

// maxUnreserved bounds the buffer of a body that needs no reservation: most pages are shorter. A
// longer body reserves at once what it may take, because bodies that have a part of the memory and
// wait for more could deadlock.
const maxUnreserved = 512 << 10

// A reservation is the part of the shared memory that a body has.
type reservation struct {
	resources Resources // nil if nothing is shared
	bytes     int64
	waited    time.Duration
}

// reserve reserves n bytes unless the body has a reservation already. The timeouts of ctx do not
// include the wait, because other fetches cause it. The wait ends with what ctx derives from.
func (r *reservation) reserve(ctx context.Context, n int64) (err error) {
	if r.resources == nil || r.bytes > 0 {
		return nil
	}
	began := time.Now()
	defer timedOf(ctx).pause()()
	r.bytes, err = r.resources.ReserveBody(ctx, n)
	r.waited = time.Since(began)
	return err
}

// shrink frees all but n bytes.
func (r *reservation) shrink(n int64) {
	if n < r.bytes {
		r.resources.FreeBody(r.bytes - n)
		r.bytes = n
	}
}

// Unreserve ends the reservation of the body, and keeps the body. A caller that keeps a response
// while it waits for another one must call it, because the other one may wait for memory.
func (r *Response) Unreserve() { r.reservation.shrink(0) }
