package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/outfile"
	"github.com/inndx/runs/internal/visible"
)

// call sends a request whose response is an item, or has no body.
func call(ctx context.Context, c *client.Client, method, path string, body any) (i item, err error) {
	text, err := c.Call(ctx, method, path, body)
	if err != nil || len(text) == 0 {
		return i, err
	}
	return newItem(text)
}

func get(ctx context.Context, c *client.Client, path string) (item, error) {
	return call(ctx, c, http.MethodGet, path, nil)
}

// printOut writes to standard output. The text is safe to show.
func printOut(text string) error {
	_, err := io.WriteString(outfile.Stdout{}, text)
	return err
}

// printLine writes a line to standard output. What is not visible in it is escaped.
func printLine(text string) error { return printOut(visible.Text(text) + "\n") }

// A fact is a line of a summary.
type fact struct{ name, value string }

// summary returns the facts that have a value, each on a line.
func summary(facts []fact) string {
	var b strings.Builder
	for _, f := range facts {
		if f.value != "" {
			fmt.Fprintf(&b, "%-9s %s\n", f.name, visible.Text(f.value))
		}
	}
	return b.String()
}

// stamp returns a timestamp of an item with its age.
func stamp(i item, path string) string {
	t := i.time(path)
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s (%s ago)", t.UTC().Format(time.RFC3339), age(t, time.Now()))
}

// stringsOf returns the values as strings.
func stringsOf[T ~string](values []T) []string {
	all := make([]string, len(values))
	for n, v := range values {
		all[n] = string(v)
	}
	return all
}

// each calls do with each operand, and with each word of standard input in place of the operand -.
// It goes on after an error.
func (s *service) each(cmd *cobra.Command, operands []string, do func(c *client.Client, id string) error) error {
	ids, err := expand(cmd.Context(), operands)
	if err != nil {
		return err
	}
	c, err := s.client(cmd)
	if err != nil {
		return err
	}
	failed, code := 0, exit.OK
	for _, id := range ids {
		err := do(c, id)
		switch {
		case err == nil:
			continue
		case len(ids) == 1 || cmd.Context().Err() != nil:
			return err
		}
		exit.Print(os.Stderr, fmt.Errorf("%s: %w", id, err))
		switch got := exit.Code(err); {
		case failed == 0:
			code = got
		case code != got:
			code = exit.Failed
		}
		failed++
	}
	if failed > 0 {
		return &failures{failed, len(ids), code}
	}
	return nil
}

// expand replaces the operand - by the words of standard input.
func expand(ctx context.Context, operands []string) (ids []string, err error) {
	for _, operand := range operands {
		if operand != "-" {
			ids = append(ids, operand)
			continue
		}
		text, err := readStdin(ctx)
		if err != nil {
			return nil, err
		}
		ids = append(ids, strings.Fields(string(text))...)
	}
	return ids, nil
}

// readStdin reads standard input. The end of ctx, such as Ctrl-C, ends the waiting for it.
func readStdin(ctx context.Context) ([]byte, error) {
	type result struct {
		text []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		text, err := io.ReadAll(os.Stdin)
		read <- result{text, err}
	}()
	select {
	case r := <-read:
		return r.text, r.err
	case <-ctx.Done():
		return nil, exit.ErrInterrupted
	}
}

// failures are those of several operands.
type failures struct{ failed, of, code int }

func (f *failures) Error() string { return fmt.Sprintf("%d of %d failed", f.failed, f.of) }

// ExitCode returns the code of all failures, or 1 if they differ.
func (f *failures) ExitCode() int { return f.code }
