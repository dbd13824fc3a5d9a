package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The plain scalars of the core schema that are not strings.
var (
	nullScalar  = regexp.MustCompile(`^(?:null|Null|NULL|~|)$`)
	boolScalar  = regexp.MustCompile(`^(?:true|True|TRUE|false|False|FALSE)$`)
	intScalar   = regexp.MustCompile(`^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$`)
	floatScalar = regexp.MustCompile(`^([-+]?)(\.[0-9]+|[0-9]+(?:\.[0-9]*)?)((?:[eE][-+]?[0-9]+)?)$`)
	nonFinite   = regexp.MustCompile(`^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
)

// scalar returns a scalar as JSON.
func scalar(n *yaml.Node) (string, error) {
	tag := ""
	if n.Style&yaml.TaggedStyle != 0 {
		tag = n.Tag
	}
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	if tag == "!!str" || tag == "!" || tag == "" && !plain {
		return quote(n.Value), nil
	}
	is := func(want string, schema *regexp.Regexp) bool {
		return (tag == "" || tag == want) && schema.MatchString(n.Value)
	}
	switch {
	case is("!!null", nullScalar):
		return "null", nil
	case is("!!bool", boolScalar):
		return strings.ToLower(n.Value), nil
	case is("!!int", intScalar):
		return integer(n.Value), nil
	case is("!!float", floatScalar):
		return float(n.Value), nil
	case is("!!float", nonFinite):
		return "", &syntaxError{at(n), n.Value + " is not a number in JSON"}
	case tag == "":
		return quote(n.Value), nil
	case tag == "!!null" || tag == "!!bool" || tag == "!!int" || tag == "!!float":
		return "", &syntaxError{at(n), fmt.Sprintf("%s is not of the type %s", strconv.Quote(n.Value), tag)}
	}
	return "", unknownTag(n)
}

// integer returns an integer as JSON.
func integer(s string) string {
	base := 10
	switch {
	case strings.HasPrefix(s, "0o"):
		s, base = s[2:], 8
	case strings.HasPrefix(s, "0x"):
		s, base = s[2:], 16
	}
	n, _ := new(big.Int).SetString(s, base)
	return n.String()
}

// float returns a number as JSON, with the same digits.
func float(s string) string {
	m := floatScalar.FindStringSubmatch(s)
	whole, fraction, _ := strings.Cut(m[2], ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return strings.TrimPrefix(m[1], "+") + whole + fraction + m[3]
}

// quote returns a string as JSON.
func quote(s string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // encoding a string to a buffer cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}
