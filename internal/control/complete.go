package control

import (
	"context"
	"net/url"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/visible"
)

const (
	// completionTime bounds how long a completion waits for the service.
	completionTime = time.Second
	// completionItems bounds how many ids a completion offers, the most recent ones.
	completionItems = 50
)

// simpleName matches the names that a shell needs no quotes for.
var simpleName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/+@-]*$`)

// complete returns a function that completes ids of runs, and names or ids of jobs. If the service
// does not respond, nothing is offered. One says that a command takes only one operand.
func (s *service) complete(k kind, one bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) (all []cobra.Completion, _ cobra.ShellCompDirective) {
		if one && len(args) > 0 || k == kindArtifact {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		cmd.SetContext(ctx)
		c, err := s.client(cmd)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		for page, err := range c.Once().Pages(ctx, k.path, url.Values{"view": {"summary"}}, completionItems) {
			items, decodeErr := newItems(page.Items)
			if err != nil || decodeErr != nil {
				break
			}
			for _, i := range items {
				all = append(all, completionOf(k, i))
			}
			break
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}

// completionOf returns an id with a description, or the name of a job.
func completionOf(k kind, i item) cobra.Completion {
	id, name := visible.Text(i.text("id")), visible.Text(i.text("name"))
	switch {
	case k == kindRun:
		return cobra.CompletionWithDesc(id, visible.Text(i.text("status")+" "+i.text("job_name")))
	case simpleName.MatchString(name):
		return cobra.CompletionWithDesc(name, id)
	}
	return cobra.CompletionWithDesc(id, name)
}
