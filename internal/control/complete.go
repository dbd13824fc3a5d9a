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
			all = completionsOf(k, items)
			break
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}

// completionsOf returns the ids with a description, or the names of jobs. A command refuses a name
// that several jobs have, so the ids of these are returned.
func completionsOf(k kind, items []item) (all []cobra.Completion) {
	jobs := map[string]int{}
	for _, i := range items {
		jobs[i.text("name")]++
	}
	for _, i := range items {
		id, name := visible.Text(i.text("id")), visible.Text(i.text("name"))
		switch {
		case k == kindRun:
			all = append(all, cobra.CompletionWithDesc(id, visible.Text(i.text("status")+" "+i.text("job_name"))))
		case jobs[i.text("name")] == 1 && simpleName.MatchString(name):
			all = append(all, cobra.CompletionWithDesc(name, id))
		default:
			all = append(all, cobra.CompletionWithDesc(id, name))
		}
	}
	return all
}
