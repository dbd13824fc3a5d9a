package crawl

// With a maximum depth, the depths of a crawl are levels: a URL is fetched only when no URL of a
// smaller depth is unfinished, so that the depth of each URL is final when it is fetched.

// tooDeep reports whether URLs of that depth must not be picked now: they wait for URLs of smaller
// depths, or are deeper than the maximum.
func (f *frontier) tooDeep(depth int) bool {
	return f.maxDepth >= 0 && depth > min(f.level, f.maxDepth)
}

// addToLevel counts an unfinished URL.
func (f *frontier) addToLevel(depth int) {
	for len(f.levels) <= depth {
		f.levels = append(f.levels, 0)
	}
	f.levels[depth]++
	if depth < f.level || f.levels[f.level] == 0 {
		f.level = depth
	}
	f.advanceLevel()
}

// removeFromLevel stops counting an unfinished URL.
func (f *frontier) removeFromLevel(depth int) {
	f.levels[depth]--
	f.advanceLevel()
}

// advanceLevel moves on to the smallest depth that has an unfinished URL, and unblocks the hosts
// that waited for it.
func (f *frontier) advanceLevel() {
	for f.level < len(f.levels)-1 && f.levels[f.level] == 0 {
		f.level++
	}
	if hosts, ok := f.blocked[f.level]; ok {
		delete(f.blocked, f.level)
		for _, h := range hosts {
			if h.state == hostBlocked {
				f.place(h)
			}
		}
	}
}
