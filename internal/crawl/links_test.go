package crawl

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/weburl"
)

func TestLinksOfOnePageAreBounded(t *testing.T) {
	var body strings.Builder
	for i := range maxPageLinks + 10 {
		fmt.Fprintf(&body, "<a href=/%d></a><a href=/%d></a>", i, i)
	}
	u, err := weburl.Parse("https://a.example/")
	if err != nil {
		t.Fatal(err)
	}
	response := &fetch.Response{Status: 200, Header: http.Header{}, ContentType: "text/html", Body: []byte(body.String())}
	links, reason, _ := new(settings).readLinks(newFiltering(t.Context(), pageBudget), u, response)
	if len(links) != maxPageLinks || reason != reasonTooManyLinks {
		t.Errorf("%d links, reason %q", len(links), reason)
	}
}
