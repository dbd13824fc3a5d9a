package pipeline

import (
	"errors"
	"fmt"
	"mime"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

// The bounds of a CEL expression.
const (
	// maxCost bounds the cost of an evaluation, as package cel counts it: an operation costs 1, and
	// a function of a string 1 for ten characters.
	maxCost = 20_000_000
	// maxExpression bounds the length, in characters. Package config bounds the bytes.
	maxExpression = 1000
	// maxNesting bounds the nesting of an expression.
	maxNesting = 100
)

// A urlParts is the value of the variable url. The names are those of URL patterns. There is no
// hash, because the URLs of a run have none.
type urlParts struct {
	Href     string `cel:"href"`
	Protocol string `cel:"protocol"` // http or https
	Hostname string `cel:"hostname"`
	Port     string `cel:"port"` // empty for the default port of the protocol
	Pathname string `cel:"pathname"`
	Search   string `cel:"search"` // without the question mark
}

func partsOf(u weburl.URL) urlParts {
	path, query, _ := strings.Cut(u.RequestURI(), "?")
	p := urlParts{Href: u.String(), Protocol: u.Scheme(), Hostname: u.Hostname(), Pathname: path, Search: query}
	if strings.HasSuffix(u.Host(), ":"+u.Port()) {
		p.Port = u.Port()
	}
	return p
}

// A contentType is the value of the variable content_type.
type contentType struct {
	Type       string            `cel:"type"`
	Subtype    string            `cel:"subtype"`
	Parameters map[string]string `cel:"parameters"`
}

func contentTypeOf(header string) contentType {
	var t contentType
	t.Type, t.Subtype, _ = strings.Cut(page.Essence(header), "/")
	if _, params, err := mime.ParseMediaType(header); err == nil {
		t.Parameters = params
	}
	return t
}

// celEnv returns the environment of all expressions. It is made when the first expression is
// compiled, because many functions have none.
var celEnv = sync.OnceValues(func() (*cel.Env, error) {
	named := func(name string) []cel.NativeTypeOption {
		return []cel.NativeTypeOption{types.ParseStructTags(true), types.NativeTypeAlias(name)}
	}
	return cel.NewCustomEnv(
		cel.StdLib(cel.StdLibSubset(&env.LibrarySubset{ExcludeFunctions: []*env.Function{{Name: "matches"}}})),
		cel.Function("matches",
			cel.Overload("matches_literal", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType, cel.LateFunctionBinding()),
			cel.MemberOverload("string_matches_literal", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType, cel.LateFunctionBinding())),
		cel.Types(cel.NativeTypeFor[urlParts](named("url")...), cel.NativeTypeFor[contentType](named("content_type")...)),
		cel.Variable("url", cel.ObjectType("url")),
		cel.Variable("content_type", cel.ObjectType("content_type")),
		cel.Variable("content", cel.StringType),
		cel.Variable("status", cel.IntType),
		cel.Variable("redirects", cel.IntType),
		cel.Variable("depth", cel.IntType),
		cel.Variable("run_id", cel.StringType),
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ParserRecursionLimit(maxNesting),
	)
})

// expression compiles a CEL expression into a condition.
func (c compiler) expression(source string) condition {
	e, err := newExpression(source)
	if err != nil {
		c.fail("cel", "a CEL expression whose value is a bool", err)
		return nil
	}
	return e.holds
}

// An expression is a compiled CEL expression. It may be used by many goroutines at once.
type expression struct {
	program     cel.Program
	readsText   bool
	expressions map[string]*regex // of the calls of matches
}

func newExpression(source string) (*expression, error) {
	celEnv, err := celEnv()
	if err != nil {
		return nil, err
	}
	checked, issues := celEnv.Compile(source)
	if issues.Err() != nil {
		return nil, firstOf(issues)
	}
	if t := checked.OutputType(); !t.IsExactType(cel.BoolType) {
		return nil, fmt.Errorf("its value is of type %s", cel.FormatCELType(t))
	}
	e := &expression{expressions: map[string]*regex{}}
	for _, ref := range checked.NativeRep().ReferenceMap() {
		e.readsText = e.readsText || ref.Name == "content"
	}
	ast.PostOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		if err == nil && x.Kind() == ast.CallKind && x.AsCall().FunctionName() == "matches" {
			err = e.addRegex(x.AsCall())
		}
	}))
	if err != nil {
		return nil, err
	}
	e.program, err = celEnv.Program(checked, cel.CostLimit(maxCost), cel.InterruptCheckFrequency(100))
	return e, err
}

// firstOf returns the first issue as an error in one line.
func firstOf(issues *cel.Issues) error {
	first := issues.Errors()[0]
	return fmt.Errorf("%s at character %d", first.Message, first.Location.Column()+1)
}

// addRegex compiles the pattern of a call of matches. The pattern is a literal, so that its size is
// known: a pattern that comes from a page could take any time.
func (e *expression) addRegex(call ast.CallExpr) error {
	args := call.Args()
	pattern := args[len(args)-1]
	s, ok := "", pattern.Kind() == ast.LiteralKind
	if ok {
		s, ok = pattern.AsLiteral().Value().(string)
	}
	if !ok {
		return errors.New("the pattern of matches must be a string literal")
	}
	re, err := newRegex(s)
	e.expressions[s] = re
	return err
}

// holds reports whether the value of the expression is true for the page.
func (e *expression) holds(ev *evaluation) (bool, error) {
	vars := map[string]any{
		"url":          partsOf(ev.page.URL),
		"content_type": contentTypeOf(ev.page.ContentType),
		"status":       ev.page.Status,
		"redirects":    ev.page.Redirects,
		"depth":        ev.page.Depth,
		"run_id":       ev.page.RunID.String(),
		"content":      "",
	}
	if e.readsText {
		vars["content"] = string(ev.text())
	}
	var stopped any // package cel takes a panic for a defect of its own
	activation, err := cel.FunctionVars(vars, map[string]cel.LateBoundFunction{
		"matches": func(_ string, args ...ref.Val) (result ref.Val) {
			defer func() {
				if p := recover(); p != nil { // a later call may succeed, as || and && hide errors
					stopped, result = p, types.NewErr("stopped")
				}
			}()
			return types.Bool(e.expressions[string(args[1].(types.String))].match(ev, string(args[0].(types.String))))
		},
	})
	if err != nil {
		return false, err
	}
	value, details, err := e.program.ContextEval(ev.ctx, activation)
	switch {
	case stopped != nil:
		panic(stopped)
	case isCostLimit(err):
		return false, errTooSlow
	case err != nil:
		return false, fmt.Errorf("the expression has no value: %w", err)
	}
	if cost := details.ActualCost(); cost != nil {
		ev.spend(int64(*cost))
	}
	return value == types.True, nil
}

func isCostLimit(err error) bool {
	var canceled interpreter.EvalCancelledError
	return errors.As(err, &canceled) && canceled.Cause == interpreter.CostLimitExceeded
}
