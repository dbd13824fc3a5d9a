package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inndx/runs/internal/control"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/outfile"
)

// The groups of commands in the help.
const (
	groupMachine = "on this machine"
	groupService = "of a running service"
	groupOther   = "other commands"
)

// execute runs the command that the arguments name. Its context ends at a signal.
func execute(ctx context.Context, args []string) error {
	out := new(output)
	root := newRoot()
	root.SetOut(out)
	root.SetArgs(doubleDashes(args))
	if err := root.ExecuteContext(ctx); err != nil {
		return err
	}
	return out.err
}

// An output is standard output. It keeps the first error, which cobra does not return.
type output struct{ err error }

func (o *output) Write(p []byte) (int, error) {
	n, err := outfile.Stdout{}.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
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

// newRoot returns the command with its subcommands.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "inndx",
		Short:         "inndx crawls web sites, politely, and records each run.",
		SilenceErrors: true, // main prints them
		SilenceUsage:  true,
	}
	root.PersistentFlags().Bool("version", false, "print the version")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &exit.UsageError{Lines: []string{flagProblem(cmd, err)}, Usage: shortUsage(cmd)}
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { cmd.Print(helpOf(cmd)) })
	for _, title := range []string{groupMachine, groupService, groupOther} {
		root.AddGroup(&cobra.Group{ID: title, Title: title})
	}
	add := func(group string, commands ...*cobra.Command) {
		for _, cmd := range commands {
			cmd.GroupID = group
			root.AddCommand(cmd)
		}
	}
	add(groupMachine, newServeCommand(), newCrawlCommand())
	add(groupService, control.Commands()...)
	add(groupOther, newVersionCommand())
	root.SetHelpCommand(newHelpCommand(root))
	root.SetHelpCommandGroupID(groupOther)
	root.SetCompletionCommandGroupID(groupOther)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	prepare(root)
	return root
}

// prepare makes the command and its subcommands check what they are given.
func prepare(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		prepare(sub)
	}
	cmd.Flags().SortFlags = false
	cmd.SuggestionsMinimumDistance = 2
	run, operands := cmd.RunE, cmd.Args
	cmd.Args = cobra.ArbitraryArgs
	cmd.DisableFlagsInUseLine = cmd.DisableFlagsInUseLine || run == nil
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case wantsVersion(cmd):
			return printOut(version() + "\n")
		case run == nil && len(args) > 0:
			return &exit.UsageError{Lines: []string{noCommand(cmd, args)}, Usage: shortUsage(cmd)}
		case run == nil:
			return &exit.UsageError{Usage: helpOf(cmd)}
		}
		if operands != nil {
			if err := operands(cmd, args); err != nil {
				return &exit.UsageError{Lines: []string{operandProblem(cmd, operands, args)}, Usage: shortUsage(cmd)}
			}
		}
		if err := checkGiven(cmd.Flags()); err != nil {
			return err
		}
		return run(cmd, args)
	}
}

// noCommand returns what is wrong with arguments that name no subcommand.
func noCommand(cmd *cobra.Command, args []string) string {
	problem := fmt.Sprintf("there is no command %q", withoutCredentials(strings.Join(append(strings.Fields(cmd.CommandPath())[1:], args[0]), " ")))
	if _, ok, wrong := webURL(args[0]); ok || wrong != nil {
		return problem + ": did you mean inndx crawl URL?"
	}
	if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
		path := cmd.CommandPath() + " "
		return problem + ": did you mean " + path + strings.Join(names, " or "+path) + "?"
	}
	return problem
}

// checkGiven returns an error if a flag is given an empty value, as a script does with a variable
// that is not set. Otherwise the flag would count as not given.
func checkGiven(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		empty := f.Value.String() == ""
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values := list.GetSlice()
			empty = len(values) == 0 || slices.Contains(values, "")
		}
		if empty {
			err = exit.Usagef("--%s must not be empty", f.Name)
		}
	})
	return err
}

func newServeCommand() *cobra.Command {
	return &cobra.Command{
		Use:        "serve",
		Aliases:    []string{"dev"},
		SuggestFor: []string{"server", "up", "listen"},
		Short:      "Serve the dashboard and the API, and crawl, until Ctrl-C",
		Args:       cobra.NoArgs,
		RunE:       func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context()) },
	}
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return printOut(version() + "\n") },
	}
}

// newHelpCommand returns the command help, which takes the name of a command.
func newHelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Describe a command",
		RunE: func(_ *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return &exit.UsageError{Lines: []string{noCommand(about, rest)}, Usage: shortUsage(about)}
			}
			return printOut(helpOf(about))
		},
	}
}

func wantsVersion(cmd *cobra.Command) bool {
	wants, err := cmd.Flags().GetBool("version")
	return err == nil && wants
}

// operandProblem returns what is wrong with operands that the check refuses: the first one that is
// too many, or that there are too few.
func operandProblem(cmd *cobra.Command, check cobra.PositionalArgs, args []string) string {
	_, name, _ := strings.Cut(cmd.CommandPath(), " ")
	for n, arg := range args {
		if check(cmd, args[:n]) == nil {
			return fmt.Sprintf("%s does not take the operand %q", name, withoutCredentials(arg))
		}
	}
	_, operands, _ := strings.Cut(cmd.Use, " ")
	return name + " needs " + operands
}

// flagRules are the values that flags take, by the names that pflag gives to their types.
var flagRules = map[string]string{
	"int":      "a whole number",
	"int64":    "a whole number",
	"bool":     "true or false",
	"duration": "a duration such as 2s",
}

// flagProblem returns what is wrong with the flags of the command.
func flagProblem(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	var wrong *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return noFlag(cmd, unknown.GetSpecifiedName())
	case errors.As(err, &wrong):
		if rule := flagRules[wrong.GetFlag().Value.Type()]; rule != "" {
			return fmt.Sprintf("--%s must be %s, not %q", wrong.GetFlag().Name, rule, wrong.GetValue())
		}
	}
	return err.Error()
}

// noFlag returns that there is no flag of the name, and the flag of which it is a beginning or a
// plural.
func noFlag(cmd *cobra.Command, name string) string {
	if len(name) == 1 {
		return "there is no flag -" + name
	}
	problem := "there is no flag --" + name
	var similar []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if strings.HasPrefix(f.Name, name) || name == f.Name+"s" || name == f.Name+"es" {
			similar = append(similar, "--"+f.Name)
		}
	})
	if len(similar) > 0 {
		problem += ": did you mean " + strings.Join(similar, " or ") + "?"
	}
	return problem
}
