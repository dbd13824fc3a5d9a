package bucket

import (
	"context"
	"io"

	"github.com/inndx/runs/internal/objects"
)

// A Joiner makes an object of others without reading them. It reports whether it did; otherwise
// the store copies them.
type Joiner func(ctx context.Context, name string, o objects.WriteOptions, pieces []string) (bool, error)

// WithJoiner makes Join use the joiner of the driver.
func WithJoiner(j Joiner) Option { return func(s *Store) { s.joiner = j } }

// Join makes one object of the pieces, in their order. The pieces stay. The object appears, or is
// replaced, as a whole.
func (s *Store) Join(ctx context.Context, name string, o objects.WriteOptions, pieces []string) error {
	if s.joiner != nil {
		if done, err := s.joiner(ctx, name, o, pieces); done || err != nil {
			return classify(err, "join objects")
		}
	}
	return s.write(ctx, name, o, func(w io.Writer) error {
		for _, piece := range pieces {
			if err := s.copyTo(ctx, w, piece); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) copyTo(ctx context.Context, w io.Writer, name string) error {
	r, err := s.Read(ctx, name, 0, -1)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}
