package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/exit"
)

// The files that --output writes into the folder itself.
const (
	logCSV      = "log.csv"
	logNDJSON   = "log.ndjson"
	archiveWACZ = "archive.wacz"
)

var outputFiles = []string{logCSV, logNDJSON, archiveWACZ}

// An outputFolder is the folder of --output.
type outputFolder struct {
	*os.Root
	overwrite bool // whether files of an earlier run are removed
	// directories are those of to_blob whose content becomes files. An empty one is the folder
	// itself.
	directories []string
}

// openOutput makes the folder of --output, so that a folder that cannot be written is known before
// the crawl. It refuses a folder with files that an earlier run wrote, unless they may be
// overwritten. It returns nil without a name.
func openOutput(dir string, overwrite bool, c config.Config) (*outputFolder, error) {
	if dir == "" {
		return nil, nil
	}
	directories, err := extractedDirectories(c)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, exit.Usagef("--output: %v", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, exit.Usagef("--output: %v", err)
	}
	o := &outputFolder{root, overwrite, directories}
	found, err := o.earlier()
	switch {
	case err != nil:
		err = exit.Usagef("--output: %v", err)
	case len(found) > 0 && !overwrite:
		err = exit.Usagef("--output: the folder %s has files of an earlier run: %s: give another folder, or replace them with --overwrite",
			dir, namesOf(found))
	default:
		return o, nil
	}
	o.close()
	return nil, err
}

// close closes the folder, unless it is nil.
func (o *outputFolder) close() {
	if o != nil {
		o.Root.Close()
	}
}

// extractedDirectories returns the directories of the pipelines whose content becomes files. The
// error names the field of a directory that --output cannot write, because its files would have the
// names of others. The file systems of some systems do not tell upper case from lower case.
func extractedDirectories(c config.Config) ([]string, error) {
	var all, wrong []string
	owners := map[string]int{}
	for i, p := range c.Pipelines {
		blob, field, ok := extractedBy(p)
		if !ok {
			continue
		}
		field = fmt.Sprintf("config.pipelines[%d].%s", i, field)
		first, _, _ := strings.Cut(blob.Directory, "/")
		for _, name := range outputFiles {
			if strings.EqualFold(first, name) {
				wrong = append(wrong, fmt.Sprintf("%s must not begin with %s, which --output writes", field, name))
			}
		}
		if owner, taken := owners[strings.ToLower(blob.Directory)]; taken {
			wrong = append(wrong, fmt.Sprintf("%s must not be that of pipelines[%d], because --output names files by it", field, owner))
			continue
		}
		owners[strings.ToLower(blob.Directory)] = i
		all = append(all, blob.Directory)
	}
	if wrong != nil {
		return nil, &exit.UsageError{Lines: wrong}
	}
	return all, nil
}

// extractedBy returns the action that keeps what the pipeline extracts, and the path of its
// directory in the pipeline. Responses as they are become no files.
func extractedBy(p config.Pipeline) (_ *config.ToBlob, field string, ok bool) {
	e, extracts := config.Find[*config.Extractor](p.Steps)
	if !extracts {
		return nil, "", false
	}
	if _, raw := e.Params.(*config.Raw); raw {
		return nil, "", false
	}
	for i, a := range p.Actions {
		if blob, ok := a.Params.(*config.ToBlob); ok {
			return blob, fmt.Sprintf("actions[%d].params.directory", i), true
		}
	}
	return nil, "", false
}

// The names of files in a directory of to_blob, and of the folders that have them: see
// artifact.Artifact.BlobKey. A file that begins with a dot was being written when a process ended.
var (
	blobFile         = regexp.MustCompile(`^([0-9]{8}/[0-9]{2}_[0-9]{2}/)?[0-9a-f]{32}/(data|\.[0-9a-f-]{36})$`)
	blobFolder       = regexp.MustCompile(`^([0-9a-f]{32}|[0-9]{8}(/[0-9]{2}_[0-9]{2}(/[0-9a-f]{32})?)?)$`)
	unfinishedOutput = regexp.MustCompile(`^\.(log\.csv|log\.ndjson|archive\.wacz)\.[0-9a-f-]{36}$`)
)

// earlier returns the files of the folder that have the names of files that --output writes. Other
// files stay as they are.
func (o *outputFolder) earlier() (found []string, err error) {
	for _, name := range outputFiles {
		switch info, err := o.Lstat(name); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case info.IsDir():
			return nil, fmt.Errorf("%s is a folder", path.Join(o.Name(), name))
		default:
			found = append(found, name)
		}
	}
	entries, err := fs.ReadDir(o.FS(), ".")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if unfinishedOutput.MatchString(e.Name()) {
			found = append(found, e.Name())
		}
	}
	for _, dir := range o.directories {
		files, err := o.extracted(cmp.Or(dir, "."))
		if err != nil {
			return nil, err
		}
		found = append(found, files...)
	}
	return found, nil
}

// extracted returns the files of a directory of to_blob.
func (o *outputFolder) extracted(dir string) (found []string, err error) {
	switch info, err := o.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file, and must be a folder", path.Join(o.Name(), dir))
	}
	err = fs.WalkDir(o.FS(), dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		below := strings.TrimPrefix(name, dir+"/")
		switch {
		case e.IsDir() && !blobFolder.MatchString(below):
			return fs.SkipDir
		case !e.IsDir() && blobFile.MatchString(below):
			found = append(found, name)
		}
		return nil
	})
	return found, err
}

// namesOf returns the names of the first files, and how many more there are.
func namesOf(files []string) string {
	const most = 5
	text := strings.Join(files[:min(len(files), most)], ", ")
	if more := len(files) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// removeEarlier removes the files of an earlier run that may be overwritten, and the folders that
// become empty.
func (o *outputFolder) removeEarlier() error {
	if !o.overwrite {
		return nil
	}
	found, err := o.earlier()
	if err != nil {
		return err
	}
	for _, name := range found {
		if err := o.Remove(name); err != nil {
			return err
		}
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if o.Remove(dir) != nil { // it has other files
				break
			}
		}
	}
	return nil
}
