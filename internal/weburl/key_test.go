package weburl_test

import (
	"encoding/hex"
	"testing"

	"github.com/inndx/runs/internal/weburl"
)

// The API shows keys to clients, which may keep them, so they must never change. The wanted ones
// are from: printf %s TEXT | sha256sum | head -c 32
func TestKeyIsStable(t *testing.T) {
	for _, tt := range []struct{ name, text, ofURL, ofText string }{
		{"a URL", "http://example.com/", "2a1b402420ef46577471cdc7409b0fa2", "2a1b402420ef46577471cdc7409b0fa2"},
		{"an apostrophe in a path", "http://h/it's", "4ed0caf827c37e588c38480f73e4abef", "4ed0caf827c37e588c38480f73e4abef"},
		{"an encoded apostrophe in a query", "http://h/?q=it%27s", "cbb3bfcbb0e82657a035df466acb07ee", "cbb3bfcbb0e82657a035df466acb07ee"},
		{"an apostrophe in a query, as earlier versions wrote it", "http://h/?q=it's", "cbb3bfcbb0e82657a035df466acb07ee", "ce3a1ce8e984801bcc508c7ba96ad64e"},
		{"a text that is not a URL", "it's no URL", "255c38864169dd9e4052dbb927998c51", "255c38864169dd9e4052dbb927998c51"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, k := range []struct {
				of   string
				got  weburl.Key
				want string
			}{
				{"KeyOf a string", weburl.KeyOf(tt.text), tt.ofURL},
				{"KeyOf bytes", weburl.KeyOf([]byte(tt.text)), tt.ofURL},
				{"KeyOfText a string", weburl.KeyOfText(tt.text), tt.ofText},
				{"KeyOfText bytes", weburl.KeyOfText([]byte(tt.text)), tt.ofText},
			} {
				if got := hex.EncodeToString(k.got[:]); got != k.want {
					t.Errorf("%s %q = %s, want %s", k.of, tt.text, got, k.want)
				}
			}
			if u, err := weburl.Parse(tt.text); err == nil && u.Key() != weburl.KeyOf(tt.text) {
				t.Errorf("the key of the URL %q is %x, and KeyOf its text %x", u, u.Key(), weburl.KeyOf(tt.text))
			}
		})
	}
}
