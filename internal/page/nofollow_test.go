package page_test

import (
	"strings"
	"testing"

	"github.com/inndx/runs/internal/page"
)

func TestNoFollow(t *testing.T) {
	for _, tt := range []struct {
		values string
		want   bool
	}{
		{"", false},
		{"nofollow", true},
		{"NoIndex , NoFollow", true},
		{"none", true},
		{"noindex", false},
		{"noindex|nofollow", true},
		{"inndx: nofollow", true},
		{"INNDX: noindex, nofollow", true},
		{"otherbot: nofollow", false},
		{"otherbot: noindex, nofollow", false},
		{"otherbot: noindex|nofollow", true},
		{"otherbot: nofollow, inndx: nofollow", true},
		{"unavailable_after: 25 Jun 2030 15:00:00 GMT, nofollow", true},
		{"max-snippet: 10, nofollow", true},
		{"nofollows", false},
	} {
		t.Run(tt.values, func(t *testing.T) {
			if got := page.NoFollow(strings.Split(tt.values, "|"), "inndx"); got != tt.want {
				t.Errorf("NoFollow = %v, want %v", got, tt.want)
			}
		})
	}
	t.Run("applies to links", func(t *testing.T) {
		got, info := links(t, page.Document{ContentType: "text/html", RobotsTags: []string{"nofollow"}, Body: []byte("<a href=1>")})
		if got != "" || !info.NoFollow {
			t.Errorf("the links are %q with %+v, want none", got, info)
		}
	})
}
