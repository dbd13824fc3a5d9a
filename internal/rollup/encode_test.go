package rollup

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func someSeries() *Series {
	s := NewSeries()
	for i, records := range newLogMaker(rand.New(rand.NewPCG(3, 4)), time.Minute).log(20, 10) {
		s.Add(int64(i+1), records)
	}
	return s
}

// A later version may add columns. A rollup with another first byte is not read at all.
func TestUnknownColumnsAreSkipped(t *testing.T) {
	s := someSeries()
	var w columnWriter
	columns, err := decoder().DecodeAll(s.Encode()[1:], nil)
	if err != nil {
		t.Fatal(err)
	}
	data := append([]byte{plain}, columns...)
	data = binary.AppendUvarint(data, columnsEnd+3)
	data = append(binary.AppendUvarint(data, 2), 1, 2)
	got, err := DecodeSeries(data)
	if err != nil || !bytes.Equal(got.Encode(), s.Encode()) {
		t.Errorf("another column changes what is read: %v", err)
	}
	data[0] = 3
	if _, err := DecodeSeries(data); err == nil {
		t.Error("an unknown encoding is read")
	}
	if got, err := DecodeSeries(w.bytes()); err != nil || len(got.buckets) != 0 {
		t.Errorf("no column at all is read as %v, %v", got, err)
	}
}

// Whatever is stored, a read returns an error or a rollup that can be stored again.
func FuzzDecode(f *testing.F) {
	hosts := NewHosts()
	for i, records := range newLogMaker(rand.New(rand.NewPCG(3, 4)), time.Minute).log(5, 10) {
		hosts.Add(int64(i+1), records)
	}
	for _, data := range [][]byte{someSeries().Encode(), hosts.Encode()} {
		f.Add(data)
		if columns, err := decoder().DecodeAll(data[1:], nil); err == nil {
			f.Add(append([]byte{plain}, columns...))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := DecodeSeries(data); err == nil {
			if again, err := DecodeSeries(s.Encode()); err != nil || !bytes.Equal(again.Encode(), s.Encode()) {
				t.Errorf("a series changes: %v\n%+v\n%+v", err, s, again)
			}
			s.Buckets("")
			s.Total()
		}
		if h, err := DecodeHosts(data); err == nil {
			if again, err := DecodeHosts(h.Encode()); err != nil || !bytes.Equal(again.Encode(), h.Encode()) {
				t.Errorf("hosts change: %v", err)
			}
			h.Page(ByLatency, "", false, 10)
		}
	})
}

// A damaged series whose buckets would be beyond all times, or too many, cannot be read.
func TestDamagedKeys(t *testing.T) {
	for _, steps := range [][]int64{{maxNumber / 10_000, 1}, slices.Repeat([]int64{1}, MaxBuckets+1), slices.Repeat([]int64{maxNumber / 10_000}, 40)} {
		var w columnWriter
		for _, step := range steps {
			w.uint(columnKeys, step)
		}
		if _, err := DecodeSeries(w.bytes()); err == nil {
			t.Errorf("%d buckets are read", len(steps))
		}
	}
}
