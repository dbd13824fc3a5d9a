package control

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/visible"
)

// A kind is a kind of things that have ids.
type kind struct {
	name string // is also the operand, in upper case
	path string // of the list
	lost string // what a deletion deletes too, or keeps, of one
	all  string // the same of several
}

var (
	kindJob      = kind{"job", "/v1/jobs", "its finished runs stay", "Their finished runs stay."}
	kindRun      = kind{"run", "/v1/runs", "with its log, its exports and what it keeps", "Their logs, their exports and what they keep are deleted too."}
	kindArtifact = kind{"artifact", "/v1/artifacts", "and its bytes", "Their bytes are deleted too."}
)

// at returns the path of the one that the operand names.
func (k kind) at(ctx context.Context, c *client.Client, operand string) (string, error) {
	id := operand
	switch k.name {
	case kindJob.name:
		found, err := findJob(ctx, c, operand)
		if err != nil {
			return "", err
		}
		id = found
	case kindRun.name:
		parsed, err := parseRunID(operand)
		if err != nil {
			return "", err
		}
		id = parsed.String()
	}
	return k.path + "/" + url.PathEscape(id), nil
}

func newDeleteCommand(s *service, k kind) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:               "delete " + strings.ToUpper(k.name) + "...",
		Short:             "Delete " + k.name + "s",
		Long:              fmt.Sprintf("Delete %ss. %s\nOn a terminal the command asks first.", k.name, k.all),
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: s.complete(k, false),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes && !slices.Contains(args, "-") && term.IsTerminal(int(os.Stdin.Fd())) {
				if err := confirm(cmd.Context(), fmt.Sprintf("delete the %s %s (%s)?", k.name, strings.Join(args, ", "), k.lost)); err != nil {
					return err
				}
			}
			return s.each(cmd, args, func(c *client.Client, operand string) error {
				path, err := k.at(cmd.Context(), c, operand)
				if err != nil {
					return err
				}
				if _, err := call(cmd.Context(), c, http.MethodDelete, path, nil); err != nil {
					return err
				}
				return printLine(operand + " deleted")
			})
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// confirm asks a question on the terminal. Its error says that the answer was not yes.
func confirm(ctx context.Context, question string) error {
	fmt.Fprintf(os.Stderr, "%s [y/N] ", visible.Text(question))
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr)
		return exit.ErrInterrupted
	case a := <-answer:
		if a == "y" || a == "yes" {
			return nil
		}
		return fmt.Errorf("nothing was deleted")
	}
}
