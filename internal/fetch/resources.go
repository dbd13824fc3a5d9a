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
// longer body reserves at once what it may take, because bodies that wait for more while they have
// some could wait for each other without end.
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

// Unreserve frees the shared memory that the body has, and keeps the body. It is for a caller that
// keeps a response while it waits for another one.
func (r *Response) Unreserve() { r.reservation.shrink(0) }
