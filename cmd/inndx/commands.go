package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const rootUsage = `inndx crawls web sites, politely, and records each run.

usage:
  inndx serve               serve the API and crawl, until Ctrl-C
  inndx crawl FILE [flags]  run the crawl that a YAML or JSON file describes, and report it;
                            the file - is standard input
  inndx crawl URL [flags]   crawl the site of an http or https URL, and report it
  inndx export RUN [flags]  download what a run recorded as a file
  inndx version             print the version
  inndx help [COMMAND]      print this text, or that of a command

  Each command accepts --help and --version.

environment:
  PORT                   the port that serve listens on (8022)
  DATA_DIR               the folder of the database and the objects (.data)
  DEFAULT_TENANT_ID      the tenant of crawl, and of requests without X-Tenant-Id (default)
  INNDX_URL, INNDX_TOKEN export: the URL of the service (http://localhost:8022), and the bearer
                         token that it needs (none)
  AWS_PROFILE, AWS_REGION, ...
                         export --aws-sigv4: the credentials, as every AWS tool reads them
  CORS_ORIGINS           web origins that may call, separated by commas (none)
  RUN_RETENTION_DAYS     serve: the days until a finished run is deleted (0: never)
  LOG_LEVEL              debug, info, warn or error (serve: info, crawl: warn)
  LOG_FORMAT             text or json (text on a terminal, else json)
  AWS_ENDPOINT_URL_DYNAMODB
                         the DynamoDB to use instead of DynamoDB Local

exit codes: 0 done, 1 failed, 2 wrong usage or manifest, 3 the crawl fetched nothing,
            4 something is broken (--fail-on broken), 130 interrupted
`

// execute runs the command that the arguments name.
func execute(args []string) error {
	var printed error // that cobra does not return
	root := newRoot(func(text string) { printed = printOut(text) })
	root.SetArgs(doubleDashes(args))
	if err := root.Execute(); err != nil {
		return err
	}
	return printed
}

// doubleDashes replaces -help and -version by the spelling of cobra. Earlier versions of the
// command read both.
func doubleDashes(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		switch arg {
		case "--":
			return args
		case "-help", "-version":
			args[i] = "-" + arg
		}
	}
	return args
}

// newRoot returns the command with its subcommands. It passes the text of --help to show.
func newRoot(show func(text string)) *cobra.Command {
	root := &cobra.Command{
		Use:               "inndx",
		SilenceErrors:     true, // main prints them
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case wantsVersion(cmd):
				return printVersion()
			case len(args) > 0:
				return &usageError{[]string{noCommand(cmd, args)}, rootUsage}
			}
			return &usageError{usage: rootUsage}
		},
		SuggestionsMinimumDistance: 2,
	}
	root.PersistentFlags().Bool("version", false, "print the version")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{[]string{flagProblem(err)}, usageOf(cmd)}
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { show(helpOf(cmd)) })
	root.AddCommand(
		newServeCommand(),
		newCrawlCommand(),
		newExportCommand(),
		newCommand("version", 0, func(context.Context, []string) error { return printVersion() }),
	)
	root.SetHelpCommand(newHelpCommand(root))
	return root
}

// noCommand returns what is wrong with arguments that name no command.
func noCommand(root *cobra.Command, args []string) string {
	problem := fmt.Sprintf("there is no command %q", withoutCredentials(args[0]))
	if _, ok, wrong := webURL(args[0]); ok || wrong != nil {
		return problem + ": did you mean inndx crawl URL?"
	}
	if names := root.SuggestionsFor(args[0]); len(names) > 0 {
		return problem + ": did you mean inndx " + strings.Join(names, " or inndx ") + "?"
	}
	return problem
}

// newCommand returns a subcommand with a number of operands. Signals end the context of run.
func newCommand(name string, operands int, run func(ctx context.Context, operands []string) error) *cobra.Command {
	return &cobra.Command{
		Use:  name,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case wantsVersion(cmd):
				return printVersion()
			case len(args) != operands:
				return &usageError{usage: usageOf(cmd)}
			}
			if err := checkGiven(cmd.Flags()); err != nil {
				return err
			}
			return interruptible(func(ctx context.Context) error { return run(ctx, args) })
		},
	}
}

// checkGiven returns an error if a flag is given an empty value, as a script does with a variable
// that is not set. Otherwise the flag would count as not given.
func checkGiven(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if empty := f.Value.String() == "" || f.Value.Type() == "stringSlice" && f.Value.String() == "[]"; empty {
			err = wrongUsage("--%s must not be empty", f.Name)
		}
	})
	return err
}

func newServeCommand() *cobra.Command {
	cmd := newCommand("serve", 0, func(ctx context.Context, _ []string) error { return serve(ctx) })
	cmd.SuggestFor = []string{"server", "up", "listen"}
	return cmd
}

// newHelpCommand returns the command help, which takes the name of a command.
func newHelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:  "help",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if wantsVersion(cmd) {
				return printVersion()
			}
			about, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return &usageError{[]string{noCommand(root, args)}, rootUsage}
			}
			return printOut(helpOf(about))
		},
	}
}

func printVersion() error { return printOut(version() + "\n") }

func wantsVersion(cmd *cobra.Command) bool {
	wants, err := cmd.Flags().GetBool("version")
	return err == nil && wants
}

// flagProblem returns what is wrong with the flags, in the words of package flag for a flag that
// does not exist.
func flagProblem(err error) string {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		return "flag provided but not defined: -" + unknown.GetSpecifiedName()
	}
	return err.Error()
}

// usageOf returns what is printed below an error.
func usageOf(cmd *cobra.Command) string {
	switch cmd.Name() {
	case crawlName:
		return shortCrawlUsage
	case exportName:
		return exportUsage
	}
	return rootUsage
}

// helpOf returns the text of --help.
func helpOf(cmd *cobra.Command) string {
	switch cmd.Name() {
	case crawlName:
		return crawlHelp(cmd)
	case exportName:
		return exportUsage + "flags:\n" + cmd.LocalNonPersistentFlags().FlagUsagesWrapped(100)
	}
	return rootUsage
}
