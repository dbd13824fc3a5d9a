package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inndx/runs/internal/control"
)

// helpColumns is the width of the help.
const helpColumns = 100

// surroundings ends the help of inndx.
const surroundings = `
environment:
  INNDX_URL              the URL of the service (http://localhost:8022)
  INNDX_TOKEN            the bearer token that the service needs (none)
  DEFAULT_TENANT_ID      the tenant (default)
  AWS_PROFILE, AWS_REGION, ...
                         for signed requests, as every AWS tool reads them
  PORT                   the port that serve listens on (8022)
  DATA_DIR               the folder of the database and the objects (.data)
  CORS_ORIGINS           web origins that may call, separated by commas (none)
  RUN_RETENTION_DAYS     serve: the days until a finished run is deleted (0: never)
  CRAWL_MEMORY           the MiB for what runs know while they are crawled (1024)
  LOG_LEVEL              debug, info, warn or error (serve: info, crawl: warn)
  LOG_FORMAT             text or json (text on a terminal, else json)
  AWS_ENDPOINT_URL_DYNAMODB
                         the DynamoDB to use instead of DynamoDB Local

exit codes: 0 done, 1 failed, 2 wrong usage or manifest, 3 the crawl fetched nothing,
            4 something is broken (--fail-on broken), 5 there is no such job, run or artifact,
            130 interrupted
`

// shortUsage returns what is printed below an error.
func shortUsage(cmd *cobra.Command) string {
	return fmt.Sprintf("usage: %s\n%s --help says more.\n", useLine(cmd), cmd.CommandPath())
}

func useLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND"
	}
	return cmd.UseLine()
}

// helpOf returns the text of --help.
func helpOf(cmd *cobra.Command) string {
	var b strings.Builder
	text := cmd.Long
	if text == "" {
		text = strings.TrimSuffix(cmd.Short, ".") + "."
	}
	fmt.Fprintf(&b, "%s\n\nusage:\n  %s\n", strings.TrimSpace(text), useLine(cmd))
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(&b, "  %s is another name of it\n", cmd.Aliases[0])
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nexamples:\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	writeCommands(&b, cmd)
	writeFlags(&b, cmd)
	if !cmd.HasParent() {
		b.WriteString(surroundings)
	}
	return b.String()
}

// writeCommands lists the subcommands by their groups.
func writeCommands(b *strings.Builder, cmd *cobra.Command) {
	width := 0
	for _, sub := range cmd.Commands() {
		width = max(width, len(sub.NameAndAliases()))
	}
	list := func(title, group string) {
		for _, sub := range cmd.Commands() {
			if sub.GroupID != group || !sub.IsAvailableCommand() && sub.Name() != "help" {
				continue
			}
			if title != "" {
				fmt.Fprintf(b, "\n%s:\n", title)
				title = ""
			}
			fmt.Fprintf(b, "  %-*s  %s\n", width, sub.NameAndAliases(), sub.Short)
		}
	}
	for _, g := range cmd.Groups() {
		list(g.Title, g.ID)
	}
	list("commands", "")
}

// writeFlags lists the flags by their groups.
func writeFlags(b *strings.Builder, cmd *cobra.Command) {
	groups := map[string]*pflag.FlagSet{}
	var order []string
	add := func(f *pflag.Flag) {
		group := "flags"
		if named := f.Annotations[control.FlagGroup]; len(named) > 0 {
			group = named[0]
		} else if f.Name == "help" || f.Name == "version" {
			group = "other flags"
		}
		if groups[group] == nil {
			groups[group] = pflag.NewFlagSet("", pflag.ContinueOnError)
			groups[group].SortFlags = false
			order = append(order, group)
		}
		groups[group].AddFlag(f)
	}
	cmd.InitDefaultHelpFlag()
	cmd.LocalFlags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	for _, group := range order {
		if groups[group].HasAvailableFlags() {
			fmt.Fprintf(b, "\n%s:\n%s", group, groups[group].FlagUsagesWrapped(helpColumns))
		}
	}
}
