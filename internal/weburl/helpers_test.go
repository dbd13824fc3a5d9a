package weburl_test

import "github.com/inndx/runs/internal/weburl"

func mustParse(t interface{ Fatal(...any) }, raw string) weburl.URL {
	u, err := weburl.Parse(raw)
	if err != nil {
		t.Fatal(raw, err)
	}
	return u
}
