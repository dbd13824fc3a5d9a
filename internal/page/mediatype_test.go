package page_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/page"
)

func TestIsHTML(t *testing.T) {
	for _, tt := range []struct {
		contentType, body string
		want              bool
	}{
		{"text/html", "x", true},
		{"Text/HTML ; charset=foo", "x", true},
		{"application/xhtml+xml", "x", true},
		{"text/plain", "<html>", false},
		{"application/pdf", "<html>", false},
		{"application/xml", "<html>", false},
		{"application/octet-stream", "<html>", false},
		{"", "<!DOCTYPE html><p>", true},
		{"", "  <html>", true},
		{"", "<a href=1>", true},
		{"", "%PDF-1.4", false},
		{"", "plain", false},
		{"", strings.Repeat(" \n", 500) + "<html>", true},
		{"", "", false},
		{"text/html charset=utf-8", "<html>", true},
		{"text/html charset=utf-8", "plain", false},
		{"text/plain, text/html", "x", true},
		{"text/html, text/plain", "<html>", false},
		{"text/html, */*", "x", true},
		{`"text/html"`, "<!doctype html>", true},
		{"html", "<html>", true},
		{"*/*", "<html>", true},
	} {
		t.Run(fmt.Sprintf("%s %.20q", tt.contentType, tt.body), func(t *testing.T) {
			body := tt.body + "<a href=1>"
			if tt.body == "" {
				body = ""
			}
			got, info := links(t, page.Document{ContentType: tt.contentType, Body: []byte(body)})
			if info.HTML != tt.want || (got != "") != tt.want {
				t.Errorf("%q is HTML: %v, with the links %q; want %v", body, info.HTML, got, tt.want)
			}
			if got := page.IsHTML(tt.contentType, []byte(body)); got != tt.want {
				t.Errorf("IsHTML returns %v, want %v", got, tt.want)
			}
		})
	}
}
