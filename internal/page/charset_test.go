package page_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"github.com/inndx/runs/internal/page"
)

// As in browsers, paths are in UTF-8 and queries are in the encoding of the document.
func TestCharset(t *testing.T) {
	const text = `<a href="/ä?q=ä#ä">`
	latin, _ := charmap.Windows1252.NewEncoder().String(text)
	utf16, _ := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text)
	sjis, _ := japanese.ShiftJIS.NewEncoder().String(`<a href="/表?q=表">`)
	const utf8Links, latinLinks = "/%C3%A4?q=%C3%A4", "/%C3%A4?q=%E4"
	for _, tt := range []struct{ name, contentType, body, want string }{
		{"UTF-8 by header", "text/html; charset=utf-8", text, utf8Links},
		{"UTF-8 by quoted header", `text/html; charset="UTF-8"`, text, utf8Links},
		{"UTF-8 by meta", "text/html", `<meta charset=utf-8>` + text, utf8Links},
		{"UTF-8 by byte order mark", "text/html", "\ufeff" + text, utf8Links},
		{"UTF-8 by content", "text/html", text, utf8Links},
		{"UTF-8 by content, late", "text/html", strings.Repeat("<p>", 1000) + text, utf8Links},
		{"Latin by header", "text/html; charset=iso-8859-1", latin, latinLinks},
		{"Latin by meta", "text/html", `<meta charset=latin1>` + latin, latinLinks},
		{"Latin by old meta", "text/html", `<meta http-equiv=content-type content="text/html; charset=windows-1252">` + latin, latinLinks},
		{"Latin by content", "text/html", latin, latinLinks},
		{"header before meta", "text/html; charset=iso-8859-1", `<meta charset=utf-8>` + latin, latinLinks},
		{"entity in Latin", "text/html; charset=iso-8859-1", `<a href="/&auml;?q=&auml;&#x8868;">`, "/%C3%A4?q=%E4%26%2334920%3B"},
		{"Shift JIS", "text/html; charset=shift_jis", sjis, "/%E8%A1%A8?q=%95%5C"},
		{"UTF-16", "text/html", utf16, utf8Links},
		{"UTF-16 against the header", "text/html; charset=utf-8", utf16, utf8Links},
		{"unknown charset", "text/html; charset=foo", latin, latinLinks},
		{"invalid UTF-8", "text/html; charset=utf-8", latin, "/%E4?q=%E4"},
		{"Latin by meta, late", "text/html", strings.Repeat("<p>", 1000) + latin + `<meta charset=latin1>`, latinLinks},
		{"meta after meta", "text/html", `<meta charset=foo><meta charset=utf-8><meta charset=latin1>` + text, utf8Links},
		{"UTF-8 by meta, invalid", "text/html", `<meta charset=utf-8>` + latin, "/%E4?q=%E4"},
		{"ASCII that is declared as Latin", "text/html", `<meta charset=iso-8859-1><a href="/&auml;?q=&auml;">`, latinLinks},
		{"meta in a script", "text/html", `<script>"<meta charset=latin1>"</script>` + text, utf8Links},
		{"meta in foreign content", "text/html", `<svg><g/><title/></svg>` + latin + `<meta http-equiv="Content-Type" content='text/html;charset = "latin1" '>`, latinLinks},
		{"meta after a base", "text/html", `<base href="/?ä"><meta charset=shift_jis>` + sjis, "/%E8%A1%A8?q=%95%5C"},
		{"XML declaration", "text/html", `<?xml version="1.0" encoding="iso-8859-1"?><a href="/&auml;?q=&auml;">`, latinLinks},
		{"UTF-8 that the header calls UTF-16", "text/html; charset=utf-16", text, utf8Links},
		{"UTF-8 that a meta element calls UTF-16", "text/html", `<meta charset=utf-16>` + text, utf8Links},
		{"UTF-16 without a byte order mark", "text/html", strings.ReplaceAll(utf16, "\xfe\xff", ""), utf8Links},
		{"UTF-16 without a byte order mark, by header", "text/html; charset=utf-16be", strings.ReplaceAll(utf16, "\xfe\xff", ""), utf8Links},
		{"NUL before UTF-8", "text/html; charset=utf-8", "\x00" + text, utf8Links},
		{"half a character at the end", "text/html", text + "\xc3", utf8Links},
		{"the last of two types", "text/html; charset=utf-8, text/html;charset=iso-8859-1", latin, latinLinks},
		{"an inherited charset", "text/html; charset=iso-8859-1, text/html", latin, latinLinks},
		{"a charset with states", "text/html; charset=iso-2022-jp", `<a href="?a&#26085;&#26412;b&#26085;&auml;">`, "/dir/page?a%1B%24BF%7CK%5C%1B%28Bb%1B%24BF%7C%1B%28B%26%23228%3B"},
		{"dangerous charset", "text/html; charset=iso-2022-kr", `<a href=1>`, "/dir/1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := links(t, page.Document{ContentType: tt.contentType, Body: []byte(tt.body)}); got != tt.want {
				t.Errorf("the links are %q, want %q", got, tt.want)
			}
		})
	}
}
