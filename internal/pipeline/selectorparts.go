package pipeline

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A selectorPart is a compound selector, and the combinator before it.
type selectorPart struct {
	combinator byte
	text       string
}

// splitSelector splits a group at its commas and combinators, outside of strings, brackets and
// parentheses. A missing part is empty, and is no valid selector.
func splitSelector(source string) (group [][]selectorPart) {
	parts := []selectorPart{{}}
	combine := func(combinator byte) {
		last := &parts[len(parts)-1]
		switch {
		case last.text != "":
			parts = append(parts, selectorPart{combinator: combinator})
		case last.combinator == ' ' && combinator != ' ':
			last.combinator = combinator
		case combinator != ' ':
			parts = append(parts, selectorPart{combinator: combinator}) // two in a row, or at the beginning
		}
	}
	end := func() {
		if last := len(parts) - 1; last > 0 && parts[last] == (selectorPart{combinator: ' '}) {
			parts = parts[:last] // space at the end
		}
		group = append(group, parts)
	}
	for _, token := range selectorTokens(source) {
		switch {
		case token == ",":
			end()
			parts = []selectorPart{{}}
		case strings.TrimSpace(token) == "":
			combine(' ')
		case token == ">" || token == "+" || token == "~":
			combine(token[0])
		default:
			parts[len(parts)-1].text += token
		}
	}
	end()
	return group
}

// selectorTokens splits a selector into characters, except that a string, an escaped character, and
// all that is in brackets or parentheses is one token, and that space and comments are one space.
func selectorTokens(s string) (tokens []string) {
	for s != "" {
		token := s[:tokenLength(s)]
		s = s[len(token):]
		if isSelectorSpace(token) {
			if len(tokens) > 0 && tokens[len(tokens)-1] == " " {
				continue
			}
			token = " "
		}
		tokens = append(tokens, token)
	}
	return tokens
}

func isSelectorSpace(token string) bool {
	return strings.Trim(token, " \t\r\n\f") == "" || strings.HasPrefix(token, "/*")
}

// tokenLength returns the length of the token at the beginning of s, which is not empty.
func tokenLength(s string) int {
	switch {
	case strings.HasPrefix(s, "/*"):
		if end := strings.Index(s[2:], "*/"); end >= 0 {
			return 2 + end + 2
		}
		return len(s)
	case s[0] == '\\' && len(s) > 1:
		_, n := utf8.DecodeRuneInString(s[1:])
		return 1 + n
	case s[0] == '"' || s[0] == '\'':
		return enclosedLength(s, s[0])
	case s[0] == '(':
		return enclosedLength(s, ')')
	case s[0] == '[':
		return enclosedLength(s, ']')
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// enclosedLength returns the length of s up to the closing character.
func enclosedLength(s string, closing byte) int {
	for n := 1; n < len(s); {
		if s[n] == closing {
			return n + 1
		}
		if closing == s[0] && s[n] != '\\' { // in a string
			n++
			continue
		}
		n += tokenLength(s[n:])
	}
	return len(s)
}

// A compoundCheck bounds the time of one match of a compound selector to about the size of the
// page.
type compoundCheck struct {
	searches int // see maxSearches
}

// check checks a compound selector. inside is the pseudo-class that searches elements for it, or
// empty.
func (cc *compoundCheck) check(text, inside string) error {
	tokens := selectorTokens(text)
	for i := 0; i < len(tokens); i++ {
		if tokens[i] != ":" {
			continue
		}
		name, argument := "", ""
		for i++; i < len(tokens) && isNameToken(tokens[i]); i++ {
			name += strings.ToLower(tokens[i])
		}
		if i < len(tokens) && strings.HasPrefix(tokens[i], "(") {
			argument = strings.TrimSuffix(tokens[i][1:], ")")
		}
		if err := cc.checkPseudoClass(name, argument, inside); err != nil {
			return err
		}
	}
	return nil
}

func isNameToken(token string) bool {
	c := token[0]
	return len(token) == 1 && (c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z')
}

func (cc *compoundCheck) checkPseudoClass(name, argument, inside string) error {
	searches := false
	switch name {
	case "matches", "matchesown":
		return fmt.Errorf(":%s is not supported", name)
	case "has", "haschild", "contains", "containsown":
		searches = true
		if cc.searches++; cc.searches > maxSearches {
			return fmt.Errorf("it has more than %d of :has, :haschild, :contains and :containsown", maxSearches)
		}
	}
	if inside != "" && (searches || strings.HasSuffix(name, "-child") || strings.HasSuffix(name, "-of-type")) {
		return fmt.Errorf(":%s inside :%s is not supported", name, inside)
	}
	if name != "has" && name != "haschild" && name != "not" {
		return nil
	}
	for _, parts := range splitSelector(argument) {
		if len(parts) > 1 {
			return fmt.Errorf("combinators inside :%s are not supported", name)
		}
		in := inside
		if name != "not" {
			in = name
		}
		if err := cc.check(parts[0].text, in); err != nil {
			return err
		}
	}
	return nil
}
