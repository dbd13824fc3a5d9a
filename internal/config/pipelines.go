package config

// A Pipeline says what a run does with each response: whether it follows links, which responses it
// picks, what it extracts from them, and what it does with that.
type Pipeline struct {
	// ID names the pipeline. It is unique in the configuration.
	ID string `json:"id"`
	// Navigator says which links of the pages are followed: nil for none.
	Navigator *Part `json:"navigator,omitzero"`
	// Steps run in order. Their params are of type Conditions or *Extractor.
	Steps []Part `json:"steps,omitzero"`
	// Actions run in order on what the last step leaves. Their params are of type *ToBlob or
	// *LogEvent.
	Actions []Part `json:"actions,omitzero"`
}

// Anchor (anchor) is a navigator that follows the links to other pages.
type Anchor struct{}

// Conditions (condition) let a response pass if all of them hold. Their params are of type
// *RegexPatterns, *URLPatterns or *Expression.
type Conditions []Part

// Expression (expression) is a CEL expression whose value is a bool.
type Expression struct {
	Expression string `json:"expression"`
}

// An Extractor (extractor) makes content of a response. Its Params are of type *Raw, *Markdown,
// *DataMap or *Text.
type Extractor Part

// Raw (raw) is the response itself.
type Raw struct{}

// Markdown (markdown) is the page as Markdown.
type Markdown struct {
	// ContentXPath selects the elements that are converted. Empty means the whole body.
	ContentXPath string `json:"content_xpath,omitzero"`
	// SkipTags are the names of elements that are left out, besides those that always are.
	SkipTags []string `json:"skip_tags,omitzero"`
}

// Text (text) is the main content of the page as plain text.
type Text struct{}

// DataMap (data_map) is a JSON object with named fields.
type DataMap struct {
	Map DataFields `json:"map"`
}

// DataFields are the fields of a DataMap.
type DataFields struct {
	Fields []DataField `json:"fields"`
}

// A DataField is a field of a DataMap.
type DataField struct {
	Name   string     `json:"name"`
	Source DataSource `json:"source"`
}

// A DataSource is where the value of a DataField comes from. Type is always "extractor". Kind is
// "xpath" or "selector" (CSS).
type DataSource struct {
	Type   string           `json:"type"`
	Kind   string           `json:"kind"`
	Params DataSourceParams `json:"params"`
}

// DataSourceParams are the params of a DataSource.
type DataSourceParams struct {
	// Expressions are tried in order until one matches.
	Expressions []string `json:"expressions"`
	// All makes the value a list of all matches instead of the first one.
	All bool `json:"all,omitzero"`
}

// ToBlob (to_blob) keeps the content as an artifact.
type ToBlob struct {
	Directory string `json:"directory,omitzero"`
	// KeyStrategy is "hash" or "5min".
	KeyStrategy string `json:"key_strategy"`
}

// LogEvent (log) writes a line to the log of the service for each response.
type LogEvent struct {
	Level string `json:"level"` // debug, info, warn or error
	Event string `json:"event"`
}
