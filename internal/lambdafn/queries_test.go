package lambdafn

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each query of docs/queries.md, and each of the dashboard, is one that Logs Insights can parse. It
// names only members that the functions really log, or that the access log has.
func (w *recorder) testQueries(t *testing.T) {
	// Lambda's own lines: see platform.
	known := map[string]bool{"type": true, "record.status": true, "record.errorType": true, "waited_ms": true, "overdue": true}
	for _, entry := range w.output.entries(t) {
		for name := range entry {
			known[name] = true
		}
	}
	known["error"] = true // see TestTroubleRaisesAnAlarm
	tmpl := readTemplate(t)
	var access map[string]string
	if err := json.Unmarshal([]byte(tmpl.Resources["ApiStage"].Properties.AccessLogSettings.Format), &access); err != nil {
		t.Fatal(err)
	}
	logs := map[string]map[string]bool{"functions": known, "access": {}}
	for name := range access {
		logs["access"][name] = true
	}
	for i, q := range queries(t, tmpl) {
		if err := checkQuery(q.text, logs[q.log]); err != nil {
			t.Errorf("query %d of %s: %v\n%s", i, q.log, err, q.text)
		}
	}
	for _, wrong := range []string{
		"", "filter", "select a", "filter msg = ", "filter nothing = 1", "stats count(*) as n by route | sort status",
		"stats total(pages)", "filter (msg = \"request\"", "fields msg | limit many", "stats sum() by bin(5m)", "filter msg like",
	} {
		if checkQuery(wrong, known) == nil {
			t.Errorf("the query %q is accepted", wrong)
		}
	}
}

type query struct{ log, text string }

// queries returns the queries of the documentation and those of the dashboard.
func queries(t *testing.T, tmpl template) (all []query) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/queries.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```(functions|access)\n(.*?)```").FindAllSubmatch(text, -1) {
		all = append(all, query{string(m[1]), string(m[2])})
	}
	if len(all) < 15 || strings.Count(string(text), "```") != 2*len(all) {
		t.Errorf("docs/queries.md has %d queries", len(all))
	}
	var dashboard struct {
		Widgets []struct{ Properties struct{ Query string } }
	}
	if err := json.Unmarshal([]byte(tmpl.Resources["Dashboard"].Properties.DashboardBody), &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, widget := range dashboard.Widgets {
		if q, ok := strings.CutPrefix(widget.Properties.Query, "SOURCE '${FunctionLogs}' | "); ok {
			all = append(all, query{"functions", q})
		} else if widget.Properties.Query != "" {
			t.Errorf("a widget has the query %s", widget.Properties.Query)
		}
	}
	return all
}

// A parser reads a query in a part of the language of Logs Insights. See
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html.
type parser struct {
	tokens []string
	known  map[string]bool
}

var (
	queryTokens = regexp.MustCompile(`"[^"]*"|/[^\s/](?:[^/\\\n]|\\.)*/|>=|<=|!=|[0-9]+[mhd]\b|[0-9]+(?:\.[0-9]+)?|@?[A-Za-z_][A-Za-z0-9_.]*|[|()\[\],=<>*/+-]`)
	nameToken   = regexp.MustCompile(`^@?[A-Za-z_]`)
	keywords    = []string{"and", "or", "not", "in", "like", "as", "by", "asc", "desc"}
	// arity has the functions, with the number of their arguments: -1 is at least one.
	arity = map[string]int{
		"count": 1, "sum": 1, "max": 1, "min": 1, "avg": 1, "latest": 1, "earliest": 1, "pct": 2, "bin": 1,
		"ispresent": 1, "strlen": 1, "coalesce": -1,
	}
)

// checkQuery returns an error if the query cannot be parsed or names an unknown member.
func checkQuery(text string, known map[string]bool) (err error) {
	if rest := strings.TrimSpace(queryTokens.ReplaceAllString(text, "")); rest != "" {
		return fmt.Errorf("unexpected %q", rest)
	}
	p := &parser{tokens: queryTokens.FindAllString(text, -1), known: maps.Clone(known)}
	for _, name := range []string{"@timestamp", "@message", "@logStream", "@ptr"} {
		p.known[name] = true
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	for {
		p.command()
		if len(p.tokens) == 0 {
			return nil
		}
		p.expect("|")
	}
}

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	first := p.peek()
	if first == "" {
		panic("the query ends early")
	}
	p.tokens = p.tokens[1:]
	return first
}

func (p *parser) accept(token string) bool {
	if p.peek() != token {
		return false
	}
	p.next()
	return true
}

func (p *parser) expect(token string) {
	if got := p.next(); got != token {
		panic(fmt.Sprintf("%q in place of %q", got, token))
	}
}

func (p *parser) command() {
	switch name := p.next(); name {
	case "fields":
		p.each(func() { p.aliased(p.known) })
	case "filter":
		p.condition()
	case "stats":
		// Later commands know the results only.
		results := map[string]bool{}
		p.each(func() { p.aliased(results) })
		if p.accept("by") {
			p.each(func() { p.group(results) })
		}
		p.known = results
	case "sort":
		p.each(func() {
			p.expression()
			if !p.accept("desc") {
				p.accept("asc")
			}
		})
	case "limit":
		if n := p.next(); strings.Trim(n, "0123456789") != "" {
			panic("limit " + n)
		}
	default:
		panic("no command " + name)
	}
}

func (p *parser) each(item func()) {
	for item(); p.accept(","); {
		item()
	}
}

// aliased reads an expression and adds its name to names.
func (p *parser) aliased(names map[string]bool) {
	first := p.peek()
	p.expression()
	if p.accept("as") {
		first = p.next()
	}
	if !nameToken.MatchString(first) {
		panic("no name " + first)
	}
	names[first] = true
}

// group reads what a statistic is grouped by, a member or a time, and adds its name to names.
func (p *parser) group(names map[string]bool) {
	name := p.peek()
	if name != "bin" && !p.known[name] {
		panic("no line has the member " + name)
	}
	p.operand()
	names[name] = true
}

func (p *parser) condition() {
	for p.comparison(); p.accept("and") || p.accept("or"); {
		p.comparison()
	}
}

func (p *parser) comparison() {
	p.accept("not")
	if p.accept("(") {
		p.condition()
		p.expect(")")
		return
	}
	call := p.peek()
	p.expression()
	not := p.accept("not")
	switch {
	case p.accept("in"):
		p.expect("[")
		p.each(p.expression)
		p.expect("]")
	case p.accept("like"):
		pattern := p.next()
		if !strings.HasPrefix(pattern, "/") {
			panic("like " + pattern)
		}
		regexp.MustCompile(strings.Trim(pattern, "/"))
	case not || !slices.Contains([]string{"=", "!=", "<", "<=", ">", ">="}, p.peek()):
		if call != "ispresent" {
			panic("no comparison before " + p.peek())
		}
	default:
		p.next()
		p.expression()
	}
}

func (p *parser) expression() {
	for p.operand(); slices.Contains([]string{"+", "-", "*", "/"}, p.peek()); {
		p.next()
		p.operand()
	}
}

func (p *parser) operand() {
	token := p.next()
	switch {
	case token == "(":
		p.expression()
		p.expect(")")
	case !nameToken.MatchString(token):
		if !strings.ContainsAny(token[:1], `"0123456789`) {
			panic("unexpected " + token)
		}
	case slices.Contains(keywords, token):
		panic("unexpected " + token)
	case p.accept("("):
		p.arguments(token)
	case !p.known[token]:
		panic("no line has the member " + token)
	}
}

func (p *parser) arguments(function string) {
	want, ok := arity[function]
	if !ok {
		panic("no function " + function)
	}
	n := 0
	p.each(func() {
		n++
		if function == "count" && p.accept("*") {
			return
		}
		p.expression()
	})
	p.expect(")")
	if want >= 0 && n != want {
		panic(fmt.Sprintf("%s has %d arguments", function, n))
	}
}
