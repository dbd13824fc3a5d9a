package config

import (
	"time"

	"github.com/inndx/runs/internal/strictjson"
)

// The bounds of asset_resolver.
const (
	// MaxAssetConcurrency bounds the concurrency of an asset_resolver, in fetches.
	MaxAssetConcurrency = 32
	// MaxResolvers bounds the resolvers of an asset_resolver, and MaxXPaths the XPath expressions
	// of one resolver.
	MaxResolvers = 10
	MaxXPaths    = 20
	// MaxAssetItems bounds max_items, in assets of one page.
	MaxAssetItems = 1000
)

// The defaults of asset_resolver.
const (
	DefaultAssetConcurrency = 10
	DefaultAssetRetries     = 3
	DefaultAssetTimeout     = Duration(10 * time.Second)
	DefaultAssetItems       = 100
)

type (
	// AssetResolver (asset_resolver) finds the assets of a page, such as its images. They are
	// fetched, and kept if the ToBlob of the pipeline includes assets. Otherwise they are only
	// checked.
	AssetResolver struct {
		// Concurrency bounds the fetches of the step's assets that are in flight, besides the
		// bounds of Speed.
		Concurrency *int      `json:"concurrency,omitzero"`
		MaxRetries  *int      `json:"max_retries,omitzero"` // after the first attempt, instead of the fetcher's
		Timeout     *Duration `json:"timeout,omitzero"`     // of one fetch, at most that of the fetcher
		// Resolvers find the URLs of the assets. Their params are of type *XPathResolver.
		Resolvers []Part `json:"resolvers"`
	}
	// XPathResolver (xpath) finds the URLs of assets by XPath expressions, of which all are used,
	// at most MaxItems URLs of each page.
	XPathResolver struct {
		XPaths   []string `json:"xpaths"`
		MaxItems *int     `json:"max_items,omitzero"`
	}
)

var resolvers = list{name: "resolvers", min: 1, max: MaxResolvers, kinds: []kind{xpathKind}}

var assetResolverKind = kind{
	name: "asset_resolver",
	once: true,
	read: func(r *reader, o *strictjson.Object) any {
		a := &AssetResolver{
			Concurrency: integer(o, "concurrency", 1, MaxAssetConcurrency),
			MaxRetries:  integer(o, "max_retries", 0, MaxRetries),
			Timeout:     duration(o, "timeout", MinTimeout, MaxTimeout),
		}
		if v, ok := o.Required("resolvers"); ok {
			a.Resolvers = resolvers.readValue(r, v)
		}
		return a
	},
}

func (a AssetResolver) resolve() any {
	return &AssetResolver{
		Concurrency: or(a.Concurrency, DefaultAssetConcurrency),
		MaxRetries:  or(a.MaxRetries, DefaultAssetRetries),
		Timeout:     or(a.Timeout, DefaultAssetTimeout),
		Resolvers:   resolvers.resolve(a.Resolvers),
	}
}

var xpathKind = kind{
	name: "xpath",
	read: func(r *reader, o *strictjson.Object) any {
		x := &XPathResolver{MaxItems: integer(o, "max_items", 1, MaxAssetItems)}
		if v, ok := o.Required("xpaths"); ok {
			x.XPaths = items(v, 1, MaxXPaths, r.expression)
		}
		return x
	},
}

func (x XPathResolver) resolve() any {
	x.MaxItems = or(x.MaxItems, DefaultAssetItems)
	return &x
}
