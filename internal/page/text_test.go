package page_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/inndx/runs/internal/page"
)

func TestText(t *testing.T) {
	latin, _ := charmap.Windows1252.NewEncoder().String("ä.")
	greek, _ := charmap.ISO8859_7.NewEncoder().String("α")
	utf16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("ä")
	for _, tt := range []struct{ name, contentType, body, want string }{
		{"UTF-8", "text/html", "ä", "ä"},
		{"a byte order mark", "text/html", "\ufeffä", "ä"},
		{"header", "text/html; charset=iso-8859-7", greek, "α"},
		{"guess", "text/html", latin, "ä."},
		{"UTF-16", "text/html", utf16, "ä"},
		{"meta", "text/html", "<META CharSet=iso-8859-7>" + greek, "<META CharSet=iso-8859-7>α"},
		{"meta of a sniffed page", "", "<html><meta charset=iso-8859-7>" + greek, "<html><meta charset=iso-8859-7>α"},
		{"meta after the head", "text/html", strings.Repeat("<p>", 1000) + "<meta charset=iso-8859-7>" + greek, strings.Repeat("<p>", 1000) + "<meta charset=iso-8859-7>α"},
		{"meta in a script", "text/html", "<script>'<meta charset=iso-8859-7>'</script>" + latin, "<script>'<meta charset=iso-8859-7>'</script>ä."},
		{"meta of plain text", "text/plain", "<meta charset=iso-8859-7>" + latin, "<meta charset=iso-8859-7>ä."},
		{"header before meta", "text/html; charset=utf-8", "<meta charset=iso-8859-7>ä", "<meta charset=iso-8859-7>ä"},
		{"not valid", "text/html; charset=utf-8", "a\xffb\xfe\xfec", "a�b�c"},
		{"empty", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(page.Text(tt.contentType, []byte(tt.body))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
