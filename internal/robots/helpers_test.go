package robots_test

import (
	"encoding/binary"
	stdutf16 "unicode/utf16"

	"github.com/inndx/runs/internal/weburl"
)

func parseURL(t interface{ Fatal(...any) }, raw string) weburl.URL {
	u, err := weburl.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// utf16 returns the byte order mark followed by s in UTF-16.
func utf16(mark, s string, big bool) string {
	b := []byte(mark)
	for _, u := range stdutf16.Encode([]rune(s)) {
		if big {
			b = binary.BigEndian.AppendUint16(b, u)
		} else {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
	}
	return string(b)
}
