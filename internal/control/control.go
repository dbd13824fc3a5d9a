// Package control has the commands of inndx that control a service by its API: its jobs, runs, logs,
// links, artifacts and exports.
//
// What the API says is a stranger's work in part, such as names, labels and URLs. So everything that
// is printed passes through package visible.
package control

import (
	"os"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/exit"
)

// FlagGroup is the annotation of a flag that names its group in the help.
const FlagGroup = "group"

// Group puts a flag into a group of the help.
func Group(f *pflag.Flag, title string) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[FlagGroup] = []string{title}
}

// Commands returns the commands.
func Commands() []*cobra.Command {
	s := new(service)
	all := []*cobra.Command{
		newJobsCommand(s),
		newRunsCommand(s),
		newLogsCommand(s),
		newLinksCommand(s),
		newArtifactsCommand(s),
		newExportCommand(s),
		newTopCommand(s),
	}
	for _, cmd := range all {
		s.addFlags(cmd)
	}
	return all
}

// A service is the one that the flags name.
type service struct {
	url, tenant string
	sign        bool
}

// addFlags gives the command and its subcommands the flags that name the service.
func (s *service) addFlags(cmd *cobra.Command) {
	set := pflag.NewFlagSet("service", pflag.ContinueOnError)
	set.StringVar(&s.url, "url", "", "the `URL` of the service (INNDX_URL, or "+client.DefaultURL+")")
	set.StringVar(&s.tenant, "tenant", "", "the `TENANT` (DEFAULT_TENANT_ID, or the service's default)")
	set.BoolVar(&s.sign, "aws-sigv4", false, "sign requests with the AWS credentials of the environment or AWS_PROFILE "+
		"(default for API Gateway, unless there is INNDX_TOKEN)")
	set.VisitAll(func(f *pflag.Flag) { Group(f, "service") })
	cmd.PersistentFlags().AddFlagSet(set)
}

// client returns a client of the service. Cmd is the command that runs.
func (s *service) client(cmd *cobra.Command) (*client.Client, error) {
	o := client.Options{URL: s.url, Tenant: s.tenant}
	if cmd.Flags().Changed("aws-sigv4") {
		o.Sign = &s.sign
	}
	return client.Connect(cmd.Context(), os.Getenv, o)
}

// parseRunID parses the id of a run.
func parseRunID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		err = exit.Usagef("%q is not the id of a run", text)
	}
	return id, err
}
