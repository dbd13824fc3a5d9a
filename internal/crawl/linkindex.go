package crawl

import (
	"hash/maphash"
	"sync"
)

// maxPooledLinks bounds the links of a page whose memory is used again for another page.
const maxPooledLinks = 1 << 10

// linkSlices holds slices of links, because each page has one, which takes several kilobytes.
var linkSlices sync.Pool // of *[]link

// newLinks returns an empty slice.
func newLinks() []link {
	if s, ok := linkSlices.Get().(*[]link); ok {
		return *s
	}
	return nil
}

// releaseLinks gives the memory of links to another page. They must not be used afterwards.
func releaseLinks(links []link) {
	if cap(links) == 0 || cap(links) > maxPooledLinks {
		return
	}
	clear(links)
	links = links[:0]
	linkSlices.Put(&links)
}

// A linkIndex finds a link among those of a page by its URL. It is a hash table whose hash a site
// cannot know, with linear probing.
type linkIndex struct {
	slots []uint32 // indexes plus one, a power of two of them, less than half of which are used
	slot  uint32   // at which the last search ended
}

var linkSeed = maphash.MakeSeed()

var linkIndexes = sync.Pool{New: func() any { return &linkIndex{slots: make([]uint32, 128)} }}

func newLinkIndex() *linkIndex { return linkIndexes.Get().(*linkIndex) }

// release gives the memory of the index to another page.
func (x *linkIndex) release() {
	if len(x.slots) <= 4*maxPooledLinks {
		clear(x.slots)
		linkIndexes.Put(x)
	}
}

// find returns the index of the link to url among all, or -1.
func (x *linkIndex) find(all []link, url string) int {
	mask := uint32(len(x.slots) - 1)
	x.slot = uint32(maphash.String(linkSeed, url)) & mask
	for x.slots[x.slot] != 0 {
		if i := int(x.slots[x.slot] - 1); all[i].url == url {
			return i
		}
		x.slot = (x.slot + 1) & mask
	}
	return -1
}

// add adds the last link of all. The last search must have been for its URL, and have found none.
func (x *linkIndex) add(all []link) {
	x.slots[x.slot] = uint32(len(all))
	if 2*len(all) < len(x.slots) {
		return
	}
	x.slots = make([]uint32, 4*len(x.slots))
	for i := range all {
		x.find(all, all[i].url)
		x.slots[x.slot] = uint32(i + 1)
	}
}
