package control

import (
	"cmp"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/display"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/run"
)

const exportLong = `Make a file of what a run recorded, and download it. A download that breaks off continues where it
ended. The file replaces FILE when it is complete; the FILE - is standard output. A terminal shows
the progress.`

func newExportCommand(s *service) *cobra.Command {
	var format, file string
	cmd := &cobra.Command{
		Use:        "export RUN --format FORMAT",
		SuggestFor: []string{"dump", "save"},
		Short:      "Download what a run recorded as a file",
		Long:       exportLong,
		Example:    "  inndx export 9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02 --format wacz -o site.wacz",
		Args:       cobra.ExactArgs(1),

		ValidArgsFunction: s.complete(kindRun, true),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exportRun(cmd, s, args[0], export.Format(format), file)
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "the `FORMAT` of the file: ndjson, csv (the log), warc or wacz (the archive)")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(stringsOf(export.Formats()), cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().StringVarP(&file, "output", "o", "", "the `FILE` (RUN with the extension of the format)")
	return cmd
}

func exportRun(cmd *cobra.Command, s *service, runID string, format export.Format, file string) error {
	id, err := parseRunID(runID)
	if err != nil {
		return err
	}
	if !slices.Contains(export.Formats(), format) {
		return exit.Usagef("--format must be ndjson, csv, warc or wacz, not %q", format)
	}
	c, err := s.client(cmd)
	if err != nil {
		return err
	}
	d := display.New(os.Stderr)
	d.Release()
	defer d.End()
	file = cmp.Or(file, export.Export{Run: run.Ref{ID: id}, Format: format}.FileName())
	err = c.Export(cmd.Context(), id, format, file, d.ShowLine)
	if cmd.Context().Err() != nil {
		return exit.ErrInterrupted
	}
	return err
}
