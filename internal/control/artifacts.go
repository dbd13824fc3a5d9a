package control

import (
	"cmp"
	"fmt"
	"io"
	"mime"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inndx/runs/internal/display"
	"github.com/inndx/runs/internal/exit"
	"github.com/inndx/runs/internal/outfile"
)

var artifacts = listing{
	filters: []filter{
		{"run", "run_ids", words, "of these `RUNS`, by their ids", nil},
		{"kind", "kinds", words, "of these `KINDS`: raw, parsed, asset", []string{"raw", "parsed", "asset"}},
		{"content-type", "content_types", words, "with these content `TYPES`, such as text/html,image/*", nil},
		{"pipeline", "pipeline_ids", words, "that these `PIPELINES` keep, by their ids", nil},
		{"blob-key", "blob_keys", texts, "with this blob `KEY`; may be repeated", nil},
		{"url-hash", "url_hashes", words, "of URLs with these `HASHES`", nil},
		{"id", "include_ids", words, "with these `IDS`", nil},
		{"exclude-id", "exclude_ids", words, "without these `IDS`", nil},
		{"created-after", "created_after", moment, "created after `TIME`: a timestamp, a date in UTC, or a duration ago such as 24h", nil},
		{"created-before", "created_before", moment, "created before `TIME`", nil},
	},
	columns: []column{
		of("ID", "id"), ageOf("AGE", "created_at"), of("KIND", "kind"), sizeOf("SIZE", "size"), of("TYPE", "content_type"), of("URL", "url"),
	},
	members: strings.Fields(`id run_id job_id url url_hash kind pipeline_id blob_key content_type size digest content_id revisit truncated created_at`),
}

func newArtifactsCommand(s *service) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "artifacts",
		Short: "List, download and delete what runs keep",
		Long:  "Artifacts are what runs keep of responses, if the configuration has pipelines with to_blob.",
	}
	cmd.AddCommand(
		newListCommand(s, "list", "List artifacts, those of the most recent run first",
			"  inndx artifacts list --run 9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02 --kind parsed", &artifacts, cobra.NoArgs,
			func([]string) (string, error) { return "/v1/artifacts", nil }),
		newGetArtifactCommand(s),
		newDownloadCommand(s),
		newDeleteCommand(s, kindArtifact),
	)
	return cmd
}

func newGetArtifactCommand(s *service) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "get ARTIFACT",
		Short: "Show an artifact without its content",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client(cmd)
			if err != nil {
				return err
			}
			path, err := kindArtifact.at(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			i, err := get(cmd.Context(), c, path)
			switch {
			case err != nil:
				return err
			case asJSON:
				return printOut(i.indented())
			}
			return printOut(summary([]fact{
				{"artifact", i.text("id")},
				{"run", i.text("run_id")},
				{"url", i.text("url")},
				{"kind", i.text("kind")},
				{"pipeline", i.text("pipeline_id")},
				{"blob key", i.text("blob_key")},
				{"type", i.text("content_type")},
				{"size", i.text("size") + " bytes"},
				{"digest", i.text("digest")},
				{"truncated", i.text("truncated")},
				{"created", stamp(i, "created_at")},
			}))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the response of the API")
	return cmd
}

func newDownloadCommand(s *service) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "download ARTIFACT",
		Short: "Download the content of an artifact",
		Long: `Download the content of an artifact. A download that breaks off continues where it ended. The file
replaces FILE when it is complete; the FILE - is standard output.`,
		Example: "  inndx artifacts download 9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02.12.3.0 -o page.html",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return downloadArtifact(cmd, s, args[0], file) },
	}
	cmd.Flags().StringVarP(&file, "output", "o", "", "the `FILE` (ARTIFACT with the extension of its content type)")
	return cmd
}

func downloadArtifact(cmd *cobra.Command, s *service, id, file string) error {
	c, err := s.client(cmd)
	if err != nil {
		return err
	}
	path, err := kindArtifact.at(cmd.Context(), c, id)
	if err != nil {
		return err
	}
	i, err := get(cmd.Context(), c, path)
	if err != nil {
		return err
	}
	d := display.New(os.Stderr)
	d.Release()
	defer d.End()
	size := i.number("size")
	name := cmp.Or(file, artifactFile(i))
	err = outfile.Write(name, func(w io.Writer) error {
		return c.Download(cmd.Context(), path+"/blob", size, w, func(done int64) { d.ShowLine(fmt.Sprintf("%d of %d bytes", done, size)) })
	})
	switch {
	case cmd.Context().Err() != nil:
		return exit.ErrInterrupted
	case err == nil && file == "":
		d.Clear()
		return printLine(name)
	}
	return err
}

// extensions are those of content types that crawls usually keep.
var extensions = map[string]string{
	"text/html": ".html", "application/xhtml+xml": ".xhtml", "text/markdown": ".md", "text/plain": ".txt", "application/json": ".json",
	"text/css": ".css", "text/javascript": ".js", "application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif",
	"image/svg+xml": ".svg", "image/webp": ".webp", "application/xml": ".xml", "text/xml": ".xml", "text/csv": ".csv",
}

// artifactFile returns the default name of the file of an artifact. No stranger chooses it: the id
// is that of the operand.
func artifactFile(i item) string {
	media, _, err := mime.ParseMediaType(i.text("content_type"))
	if err != nil {
		media = ""
	}
	id := strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789abcdef-.", r) {
			return r
		}
		return '_'
	}, i.text("id"))
	return id + extensions[media]
}
