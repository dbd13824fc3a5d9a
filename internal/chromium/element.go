package chromium

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// An Element is an element of a page. It is found anew for each use, so it may be rendered again in
// between.
type Element struct {
	tab        *Tab
	role, name string
	within     *Element
}

// Role returns the element with a role, such as "button", and a name, which is its label or its
// text. An empty name is any. If there are several, it is the first one. It need not exist yet: the
// methods of an element wait for it. The roles and names are those of the accessibility tree, see
// https://www.w3.org/TR/html-aam/ and https://www.w3.org/TR/accname/.
func (tab *Tab) Role(role, name string) *Element { return &Element{tab: tab, role: role, name: name} }

// Role returns an element within the element.
func (e *Element) Role(role, name string) *Element {
	return &Element{tab: e.tab, role: role, name: name, within: e}
}

// Names returns the names of all elements with the role, in the order of the page.
func (tab *Tab) Names(role string) []string {
	tab.t.Helper()
	return names(tab.Role(role, "").find())
}

// Names returns the names of all elements with the role within the element.
func (e *Element) Names(role string) []string {
	e.tab.t.Helper()
	e.Await()
	return names(e.Role(role, "").find())
}

func names(nodes []*accessibility.Node) (all []string) {
	for _, node := range nodes {
		all = append(all, value(node.Name))
	}
	return all
}

// value returns the text of a value of the accessibility tree.
func value(v *accessibility.Value) (text string) {
	if v == nil || json.Unmarshal(v.Value, &text) != nil {
		return ""
	}
	return text
}

func (e *Element) String() string {
	s := strings.TrimSpace(e.role + " " + e.name)
	if e.within != nil {
		s += " in " + e.within.String()
	}
	return s
}

// find returns the nodes of the accessibility tree that match now.
func (e *Element) find() []*accessibility.Node {
	e.tab.t.Helper()
	params := accessibility.QueryAXTreeParams{Role: e.role, AccessibleName: e.name}
	if e.within != nil {
		outer := e.within.find()
		if len(outer) == 0 {
			return nil
		}
		params.BackendNodeID = outer[0].BackendDOMNodeID
	} else {
		params.ObjectID = call(e.tab, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"}).Result.ObjectID
	}
	// The element may have been removed since it was found.
	ctx, cancel := context.WithTimeout(e.tab.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, accessibility.QueryAXTree, params)
	if err != nil {
		return nil
	}
	var all []*accessibility.Node
	for _, node := range result.Nodes {
		if !node.Ignored && node.BackendDOMNodeID != params.BackendNodeID {
			all = append(all, node)
		}
	}
	return all
}

// Exists reports whether there is such an element now.
func (e *Element) Exists() bool {
	e.tab.t.Helper()
	return len(e.find()) > 0
}

// Count returns the number of such elements now.
func (e *Element) Count() int {
	e.tab.t.Helper()
	return len(e.find())
}

// Await waits until there is such an element, and returns it.
func (e *Element) Await() *Element {
	e.tab.t.Helper()
	e.tab.Await("the "+e.String(), e.Exists)
	return e
}

// AwaitGone waits until there is no such element.
func (e *Element) AwaitGone() {
	e.tab.t.Helper()
	e.tab.Await("the end of the "+e.String(), func() bool { return !e.Exists() })
}

// Eval calls a JavaScript function with the element and decodes its result into out unless out is
// nil.
func (e *Element) Eval(function string, out any) {
	e.tab.t.Helper()
	e.retry("evaluate", func(ctx context.Context, node cdp.BackendNodeID) error {
		object, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: node})
		if err != nil {
			return err
		}
		yes := true
		result, err := chromedp.Call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
			FunctionDeclaration: function, ObjectID: object.Object.ObjectID, ReturnByValue: &yes, AwaitPromise: &yes,
			Arguments: []*runtime.CallArgument{{ObjectID: object.Object.ObjectID}},
		})
		if err != nil || out == nil {
			return err
		}
		return json.Unmarshal(result.Result.Value, out)
	})
}

// retry calls f with the element until f succeeds.
func (e *Element) retry(what string, f func(context.Context, cdp.BackendNodeID) error) {
	e.tab.t.Helper()
	var last error
	e.tab.Await("the "+e.String()+", to "+what, func() bool {
		nodes := e.find()
		if len(nodes) == 0 {
			return false
		}
		ctx, cancel := context.WithTimeout(e.tab.ctx, patience)
		defer cancel()
		last = f(ctx, nodes[0].BackendDOMNodeID)
		if last != nil {
			e.tab.t.Logf("%s %s: %v", what, e, last)
		}
		return last == nil
	})
}

// Text returns the text of the element as it is shown.
func (e *Element) Text() (text string) {
	e.tab.t.Helper()
	e.Eval(`e => e.innerText ?? e.textContent`, &text)
	return text
}

// Value returns the value of a field.
func (e *Element) Value() (text string) {
	e.tab.t.Helper()
	e.Eval(`e => e.value`, &text)
	return text
}

// settleTime is how long an element must have stayed in its place before a click: a page that moves it
// after a response would get the click elsewhere.
const settleTime = 50 * time.Millisecond

var errMoves = errors.New("it moves")

// Click moves the mouse onto the element and clicks, when the element stays in its place.
func (e *Element) Click() {
	e.tab.t.Helper()
	e.retry("click", func(ctx context.Context, node cdp.BackendNodeID) error {
		if _, err := chromedp.Call(ctx, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: node}); err != nil {
			return err
		}
		before, err := place(ctx, node)
		if err != nil {
			return err
		}
		time.Sleep(settleTime)
		q, err := place(ctx, node)
		if err != nil {
			return err
		}
		if !slices.Equal(before, q) {
			return errMoves
		}
		return chromedp.Do(ctx, chromedp.MouseClickXY((q[0]+q[4])/2, (q[1]+q[5])/2))
	})
}

// place returns the corners of an element in the window.
func place(ctx context.Context, node cdp.BackendNodeID) ([]float64, error) {
	quads, err := chromedp.Call(ctx, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: node})
	if err != nil {
		return nil, err
	}
	if len(quads.Quads) == 0 {
		return nil, errNotShown
	}
	return quads.Quads[0], nil
}

// Focus gives the element the focus of the keyboard.
func (e *Element) Focus() {
	e.tab.t.Helper()
	e.retry("focus", func(ctx context.Context, node cdp.BackendNodeID) error {
		_, err := chromedp.Call(ctx, dom.Focus, dom.FocusParams{BackendNodeID: node})
		return err
	})
}

// Fill replaces the text of a field by typing, and leaves the field with Tab.
func (e *Element) Fill(text string) {
	e.tab.t.Helper()
	e.Type(text)
	e.tab.Press("Tab")
}

// Type replaces the text of a field by typing, and stays in the field.
func (e *Element) Type(text string) {
	e.tab.t.Helper()
	e.Focus()
	e.Eval(`e => e.select?.()`, nil)
	e.tab.Press("Delete")
	e.tab.insert(text)
}

// Choose chooses the option of a select element with the label.
func (e *Element) Choose(label string) {
	e.tab.t.Helper()
	text, _ := json.Marshal(label)
	var ok bool
	e.Eval(`e => {
		const option = [...e.options].find(o => o.label === `+string(text)+`)
		if (option) { option.selected = true; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})) }
		return Boolean(option)
	}`, &ok)
	if !ok {
		e.tab.t.Fatalf("the %s has no option %q", e, label)
	}
}

// HTML returns the document.
func (tab *Tab) HTML() (document string) {
	tab.t.Helper()
	tab.Eval(`document.documentElement.outerHTML`, &document)
	return document
}

// AcceptDownloads saves the files that the page offers in the folder, under their names.
func (tab *Tab) AcceptDownloads(folder string) {
	tab.t.Helper()
	_, err := chromedp.CallBrowser(tab.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: "allow", DownloadPath: folder, BrowserContextID: chromedp.FromContext(tab.profile).BrowserContextID,
	})
	if err != nil {
		tab.t.Fatal(err)
	}
}
