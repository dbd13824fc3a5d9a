package outfile

import "sync"

// Unfinished are the files that the process is writing under temporary names.
var Unfinished Files

// Files removes the files that are being written when the process ends at once.
type Files struct {
	mu    sync.Mutex
	files map[string]func() // that remove the files, by their temporary names
}

// Create calls create, which makes a file, and notes how it is removed. Its caller calls Forget
// when the file is removed or has its name.
func (u *Files) Create(name string, create func() error, remove func()) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := create(); err != nil {
		return err
	}
	if u.files == nil {
		u.files = map[string]func(){}
	}
	u.files[name] = remove
	return nil
}

// Forget notes that the file is removed or has its name.
func (u *Files) Forget(name string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.files, name)
}

// RemoveAll removes the files, and lets no more be made: the process must end.
func (u *Files) RemoveAll() {
	u.mu.Lock()
	for _, remove := range u.files {
		remove()
	}
}
