package fetch

import "context"

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
}

// reserve reserves n bytes unless the body has a reservation already.
func (r *reservation) reserve(ctx context.Context, n int64) (err error) {
	if r.resources != nil && r.bytes == 0 {
		r.bytes, err = r.resources.ReserveBody(ctx, n)
	}
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
