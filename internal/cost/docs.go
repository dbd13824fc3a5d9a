package main

import (
	"fmt"
	"regexp"
	"strings"
)

// A block of a Markdown file stands between two comments, and a number of its prose before one:
//
//	<!-- table: months -->
//	...
//	<!-- end -->
//
//	A month costs $5.02<!--hour:total-->.
var (
	block  = regexp.MustCompile(`(?s)(<!-- table: ([a-z-]+) -->\n)(?:.*?\n)??(<!-- end -->)`)
	marked = regexp.MustCompile(`((?:< )?\$?[0-9][0-9,.]*)(<!--([a-z0-9-]+:[a-z0-9-]+)-->)`)
)

// update replaces the tables of a Markdown file, and the marked numbers. Each table must have its
// place, and each mark a number.
func update(text string, tables []table, numbers map[string]string) (string, error) {
	rest := map[string]string{}
	for _, t := range tables {
		rest[t.name] = t.text
	}
	var err error
	text = block.ReplaceAllStringFunc(text, func(s string) string {
		parts := block.FindStringSubmatch(s)
		table, ok := rest[parts[2]]
		if !ok {
			err = fmt.Errorf("no table %s, or its place is there twice", parts[2])
		}
		delete(rest, parts[2])
		return parts[1] + "\n" + table + "\n" + parts[3]
	})
	if err != nil {
		return "", err
	}
	for name := range rest {
		return "", fmt.Errorf("no place for the table %s", name)
	}
	text = marked.ReplaceAllStringFunc(text, func(s string) string {
		parts := marked.FindStringSubmatch(s)
		value, ok := numbers[parts[3]]
		if !ok {
			err = fmt.Errorf("no number %s", parts[3])
		}
		return value + parts[2]
	})
	if n, found := strings.Count(text, "<!--"), len(block.FindAllString(text, -1))*2+len(marked.FindAllString(text, -1)); err == nil && n != found {
		err = fmt.Errorf("%d comments mark no table and no number", n-found)
	}
	return text, err
}
