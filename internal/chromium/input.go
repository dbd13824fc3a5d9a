package chromium

import (
	"errors"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var errNotShown = errors.New("the element is not shown")

// keys are the keys that type no text, by the names of
// https://www.w3.org/TR/uievents-key/.
var keys = map[string]string{
	"Tab": kb.Tab, "Enter": kb.Enter, "Escape": kb.Escape, "Delete": kb.Delete, "Backspace": kb.Backspace,
	"ArrowDown": kb.ArrowDown, "ArrowUp": kb.ArrowUp, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
	"Home": kb.Home, "End": kb.End, "Space": " ",
}

// Press presses a key, such as Enter, Tab or a. The element with the focus receives it.
func (tab *Tab) Press(key string) {
	tab.t.Helper()
	if named, ok := keys[key]; ok {
		key = named
	}
	tab.do("press "+key, chromedp.KeyEvent(key))
}

// PressShift presses a key with Shift.
func (tab *Tab) PressShift(key string) {
	tab.t.Helper()
	if named, ok := keys[key]; ok {
		key = named
	}
	tab.do("press Shift+"+key, chromedp.KeyEvent(key, chromedp.KeyModifiers(kb.ModifierShift)))
}

// insert enters text at the cursor, as an input method does.
func (tab *Tab) insert(text string) {
	tab.t.Helper()
	call(tab, input.InsertText, input.InsertTextParams{Text: text})
}

// Focused returns the role-independent description of the element with the focus: its tag and its
// label, text or name.
func (tab *Tab) Focused() (element string) {
	tab.t.Helper()
	tab.Eval(`(e => e.tagName.toLowerCase() + ' ' + (e.getAttribute('aria-label') || e.innerText || e.name || e.id || '').trim())(document.activeElement)`, &element)
	return element
}
