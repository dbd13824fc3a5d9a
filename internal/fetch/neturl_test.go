package fetch

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/weburl"
)

func TestNetURL(t *testing.T) {
	var pieces []string
	for c := range byte(0x80) {
		pieces = append(pieces, string(rune(c)))
	}
	piece := rapid.SampledFrom(append(pieces, "ab", "/", "%2F", "%25", "ä", "?"))
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.SampledFrom([]string{"h", "h.example:8080", "[::1]", "[::1]:81", "127.0.0.1", "bücher.example", "a_b", "h."}).Draw(t, "host")
		u, err := weburl.Parse("http://" + host + "/" + strings.Join(rapid.SliceOfN(piece, 0, 4).Draw(t, "path"), ""))
		if err != nil {
			return
		}
		got, err := netURL(u)
		want, wantErr := url.Parse(u.String())
		if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, %v; want %+v, %v", u, got, err, want, wantErr)
		}
	})
}
