package contents

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/google/uuid"
)

// fillerRecord is the record in a filler. It has no date of its own, and no trace of the record in
// whose place it is.
const fillerRecord = "WARC/1.1\r\n" +
	"WARC-Type: metadata\r\n" +
	"WARC-Record-ID: <%s>\r\n" +
	"WARC-Date: 1970-01-01T00:00:00Z\r\n" +
	"Content-Length: 0\r\n" +
	"\r\n" +
	"\r\n\r\n"

// The lengths, in bytes, of the parts of a gzip member (RFC 1952, section 2.3) and of a stored
// block in it (RFC 1951, section 3.2.4).
const (
	gzipHeader  = 10
	gzipTrailer = 8
	blockHeader = 5
)

// minFiller is the length of the shortest filler: a gzip member of nothing. The members of records
// are several times as long.
const minFiller = gzipHeader + blockHeader + gzipTrailer

// writeFiller writes a filler of exactly n bytes: a gzip member with an empty record of type
// metadata, which all readers of WARC skip. If n is too small for a record, the member is empty. A
// filler for a large record takes no memory to read: it consists of empty blocks.
func writeFiller(to io.Writer, n int64) error {
	record := fmt.Appendf(nil, fillerRecord, uuid.New().URN())
	if n < minFiller+blockHeader+int64(len(record))+blockHeader {
		record = nil
	}
	if n < minFiller {
		return fmt.Errorf("contents: a record of %d bytes is too short to be wiped", n)
	}
	blocks := [][]byte{{}} // the last one
	if record != nil {
		blocks = [][]byte{record, {}}
	}
	return writeStored(bufio.NewWriter(to), n, blocks)
}

// writeStored writes a gzip member of n bytes that holds the blocks, uncompressed, with as many
// empty blocks before the last one as are needed, and the remainder of the length as a comment.
func writeStored(w *bufio.Writer, n int64, blocks [][]byte) error {
	const hasComment = 1 << 4 // FCOMMENT
	sum := crc32.NewIEEE()
	size := 0
	rest := n - gzipHeader - gzipTrailer
	for _, b := range blocks {
		sum.Write(b)
		size += len(b)
		rest -= blockHeader + int64(len(b))
	}
	header := [gzipHeader]byte{0x1f, 0x8b, 8, 9: 255} // deflate, of an unknown system
	comment := int(rest % blockHeader)                // with the zero byte at its end
	if comment > 0 {
		header[3] = hasComment
	}
	_, _ = w.Write(header[:])
	for i := range comment {
		_ = w.WriteByte("    \x00"[5-comment+i])
	}
	for i, b := range blocks {
		last := i == len(blocks)-1
		if last {
			for range rest / blockHeader {
				writeBlock(w, nil, false)
			}
		}
		writeBlock(w, b, last)
	}
	trailer := binary.LittleEndian.AppendUint32(nil, sum.Sum32())
	_, _ = w.Write(binary.LittleEndian.AppendUint32(trailer, uint32(size)))
	return w.Flush() // reports the first error of all writes
}

// writeBlock writes a stored block. It must have less than 64 KiB.
func writeBlock(w *bufio.Writer, data []byte, last bool) {
	var header [blockHeader]byte
	if last {
		header[0] = 1 // BFINAL
	}
	binary.LittleEndian.PutUint16(header[1:], uint16(len(data)))
	binary.LittleEndian.PutUint16(header[3:], ^uint16(len(data)))
	_, _ = w.Write(header[:])
	_, _ = w.Write(data)
}
