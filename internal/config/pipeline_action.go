package config

import (
	"slices"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// The bounds of actions.
const (
	// MaxDirectoryBytes bounds the directory of to_blob.
	MaxDirectoryBytes = 200
	// MaxEventBytes bounds the event of log.
	MaxEventBytes = 200
)

// The key strategies of to_blob.
const (
	KeyHash = "hash"
	Key5Min = "5min"
)

type (
	// ToBlob (to_blob) keeps the content as an artifact.
	ToBlob struct {
		// Directory is a relative path without empty segments and without the segments "." and
		// "..". It may be empty.
		Directory string `json:"directory,omitzero"`
		// KeyStrategy is KeyHash, a key for each URL, or Key5Min, a key for each URL and five
		// minutes. Empty means KeyHash.
		KeyStrategy string `json:"key_strategy,omitzero"`
		// IncludeAssets says whether the assets that the navigator Assets and the AssetResolver of
		// the pipeline find are kept too.
		IncludeAssets bool `json:"include_assets,omitzero"`
	}
	// LogEvent (log) writes a line to the log of the service for each response.
	LogEvent struct {
		Level string `json:"level,omitzero"` // debug, info, warn or error; empty means info
		Event string `json:"event"`
	}
)

var toBlobKind = kind{
	name: "to_blob",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		b := &ToBlob{}
		if v, ok := o.Member("directory"); ok {
			b.Directory, _ = directory(v)
		}
		b.KeyStrategy = deref(enum(o, "key_strategy", KeyHash, Key5Min))
		b.IncludeAssets = deref(boolean(o, "include_assets"))
		return b
	},
}

func (b ToBlob) resolve() any {
	if b.KeyStrategy == "" {
		b.KeyStrategy = KeyHash
	}
	return &b
}

// directory reads a relative path.
func directory(v strictjson.Value) (string, bool) {
	s, ok := printable(v, MaxDirectoryBytes)
	if !ok {
		return "", false
	}
	bad := func(segment string) bool { return segment == "" || segment == "." || segment == ".." }
	if slices.ContainsFunc(strings.Split(s, "/"), bad) || strings.Contains(s, `\`) {
		v.Fail(fault.Format("directory", "must be a relative path such as output/pages, without a slash at its end, "+
			"without the segments . and .., and without backslashes"))
		return "", false
	}
	return s, true
}

var logKind = kind{
	name: "log",
	read: func(_ *reader, o *strictjson.Object) any {
		l := &LogEvent{Level: deref(enum(o, "level", "debug", "info", "warn", "error"))}
		if v, ok := o.Required("event"); ok {
			l.Event, _ = printable(v, MaxEventBytes)
		}
		return l
	},
}

func (l LogEvent) resolve() any {
	if l.Level == "" {
		l.Level = "info"
	}
	return &l
}
