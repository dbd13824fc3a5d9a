package main

import "sync"

// unfinished are the files that the process is writing under temporary names.
var unfinished unfinishedFiles

// unfinishedFiles removes the files that are being written when the process ends at once.
type unfinishedFiles struct {
	mu    sync.Mutex
	files map[string]func() // that remove the files, by their temporary names
}

// create calls create, which makes a file, and notes how it is removed. Its caller calls forget
// when the file is removed or has its name.
func (u *unfinishedFiles) create(name string, create func() error, remove func()) error {
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

func (u *unfinishedFiles) forget(name string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.files, name)
}

// removeAll removes the files, and lets no more be made: the process must end.
func (u *unfinishedFiles) removeAll() {
	u.mu.Lock()
	for _, remove := range u.files {
		remove()
	}
}
