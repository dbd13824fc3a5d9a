package config

import "github.com/inndx/runs/internal/strictjson"

type (
	// Anchor (anchor) is a navigator that follows the links to other pages.
	Anchor struct{}
	// Assets (assets) is a navigator that checks what a page needs to be shown: images,
	// stylesheets, scripts, fonts, media and frames, also those on other hosts. Nothing follows
	// from an asset.
	Assets struct{}
)

var (
	anchorKind = kind{name: "anchor", read: func(*reader, *strictjson.Object) any { return &Anchor{} }}
	assetsKind = kind{name: "assets", read: func(*reader, *strictjson.Object) any { return &Assets{} }}
)
