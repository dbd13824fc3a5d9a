package export

import (
	"archive/zip"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"time"
)

// A zipFile is a zip archive of entries that are not compressed, as WACZ wants them, because
// players read parts of them. Its exported fields are all that is needed to continue it after the
// process has ended.
//
// A zip.Writer cannot be saved. To continue, a new one is given the entries that are written, with
// zeros for their bytes, and its output is discarded until then. So it computes the offsets of the
// directory, at the end of the file, as if it had written all of them.
//
// An entry or an archive may be larger than 4 GiB. Then the descriptor after the entry has sizes of
// 8 bytes, and the directory has the extra field and the end record of zip64 (APPNOTE.TXT 4.3.9,
// 4.3.14 and 4.5.3, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT). As in every
// archive of archive/zip, the header before the entry does not say so, because the size is not
// known yet. Players and validators read the directory.
type zipFile struct {
	Entries []*zipEntry `json:"entries"`

	modified time.Time
	gate     gate
	zip      *zip.Writer
	entry    io.Writer       // of the last entry, nil if that is complete
	header   *zip.FileHeader // of the last entry
	sum      hash.Hash       // SHA-256 of the last entry
}

// A zipEntry is an entry of a zipFile.
type zipEntry struct {
	Name      string `json:"name"`
	Bytes     int64  `json:"bytes"`
	CRC32     uint32 `json:"crc32"`
	Digest    string `json:"digest,omitempty"`     // SHA-256 in hexadecimal, once the entry is complete
	HashState []byte `json:"hash_state,omitempty"` // of the SHA-256, until then
}

// maxEntryBytes is the size after which a WARC file is followed by another one.
const maxEntryBytes = 1 << 30

// A gate discards what is written to it until it is open.
type gate struct {
	io.Writer
	isOpen bool
}

func (g *gate) Write(p []byte) (int, error) {
	if !g.isOpen {
		return len(p), nil
	}
	return g.Writer.Write(p)
}

// start makes the zip file write to w. It continues after the entries that are written.
func (z *zipFile) start(w io.Writer, modified time.Time) error {
	z.modified = modified
	z.gate = gate{Writer: w}
	z.zip = zip.NewWriter(&z.gate)
	for _, e := range z.Entries {
		if err := z.replay(e); err != nil {
			return err
		}
	}
	if err := z.zip.Flush(); err != nil {
		return err
	}
	z.gate.isOpen = true
	return nil
}

// replay gives the zip.Writer an entry that is written.
func (z *zipFile) replay(e *zipEntry) error {
	if err := z.create(e.Name); err != nil {
		return err
	}
	zeros := make([]byte, 1<<20)
	for left := e.Bytes; left > 0; left -= int64(len(zeros)) {
		if _, err := z.entry.Write(zeros[:min(left, int64(len(zeros)))]); err != nil {
			return err
		}
	}
	z.setSize(e)
	if e.HashState == nil {
		z.entry = nil
		return nil
	}
	return z.sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(e.HashState)
}

// create begins an entry of the zip.Writer. A descriptor with the size and the checksum, which are
// not known yet, follows the entry.
func (z *zipFile) create(name string) (err error) {
	const hasDescriptor = 0x8
	z.header = &zip.FileHeader{
		Name: name, Method: zip.Store, Flags: hasDescriptor, CreatorVersion: 20, ReaderVersion: 20,
	}
	z.header.SetMode(0o644)
	z.header.SetModTime(z.modified) //nolint:staticcheck // CreateRaw does not write Modified
	z.sum = sha256.New()
	z.entry, err = z.zip.CreateRaw(z.header)
	return err
}

// setSize sets what the descriptor of the current entry says.
func (z *zipFile) setSize(e *zipEntry) {
	z.header.CRC32 = e.CRC32
	z.header.CompressedSize64, z.header.UncompressedSize64 = uint64(e.Bytes), uint64(e.Bytes)
	// Without zip64, the descriptor of an entry that zip.CreateRaw began has the deprecated fields.
	size := uint32(min(e.Bytes, math.MaxUint32))
	z.header.CompressedSize, z.header.UncompressedSize = size, size //nolint:staticcheck // see above
	if e.Bytes >= math.MaxUint32 {
		z.header.ReaderVersion = zip64Version
	}
}

// zip64Version is the version of the format that has zip64, as headers have it (APPNOTE.TXT
// 4.4.3.2).
const zip64Version = 45

// last returns the last entry.
func (z *zipFile) last() *zipEntry { return z.Entries[len(z.Entries)-1] }

// isOpen reports whether an entry is being written.
func (z *zipFile) isOpen() bool { return z.entry != nil }

// open begins an entry. The one before must be complete.
func (z *zipFile) open(name string) error {
	z.Entries = append(z.Entries, &zipEntry{Name: name})
	return z.create(name)
}

// Write writes to the entry that is open.
func (z *zipFile) Write(p []byte) (int, error) {
	n, err := z.entry.Write(p)
	e := z.last()
	e.Bytes += int64(n)
	e.CRC32 = crc32.Update(e.CRC32, crc32.IEEETable, p[:n])
	z.sum.Write(p[:n])
	return n, err
}

// complete ends the entry that is open.
func (z *zipFile) complete() {
	e := z.last()
	e.Digest, e.HashState = hex.EncodeToString(z.sum.Sum(nil)), nil
	z.setSize(e)
	z.entry = nil
}

// flush passes on all that was written, and makes the exported fields complete.
func (z *zipFile) flush() (err error) {
	if z.isOpen() {
		if z.last().HashState, err = z.sum.(encoding.BinaryMarshaler).MarshalBinary(); err != nil {
			return err
		}
		z.setSize(z.last())
	}
	return z.zip.Flush()
}

// close ends the file with its directory.
func (z *zipFile) close() error { return z.zip.Close() }
