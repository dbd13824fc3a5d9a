package pipeline

import (
	"iter"
	"math/bits"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/weburl"
)

// An Asset is a resource that a page needs, as the asset_resolver of a pipeline found it.
type Asset struct {
	URL weburl.URL
	// Of says which pipelines need it: bit i stands for pipeline i.
	Of uint32
}

// AssetRules say how the assets of a pipeline are fetched, and what is kept of them.
type AssetRules struct {
	PipelineID string
	// Concurrency bounds the fetches in flight, MaxRetries the attempts after the first one, and
	// Timeout the time of one fetch. They are nil for a pipeline without an asset_resolver.
	Concurrency, MaxRetries *int
	Timeout                 *config.Duration
	// Keep says whether they are kept. Directory and KeyStrategy are those of the pipeline's
	// to_blob.
	Keep                   bool
	Directory, KeyStrategy string
}

// AssetRules yields the rules of the pipelines in the set that Asset.Of is, each with its bit.
// Pipelines that need no assets, or only check those of the navigator, have none.
func (s *Set) AssetRules(of uint32) iter.Seq2[uint32, *AssetRules] {
	return func(yield func(uint32, *AssetRules) bool) {
		for ; s != nil && of != 0; of &= of - 1 {
			i := bits.TrailingZeros32(of)
			if i >= len(s.pipelines) {
				return // another version wrote the log
			}
			if a := s.pipelines[i].assets; a != nil && !yield(1<<i, &a.rules) {
				return
			}
		}
	}
}

// KeptAssets returns the pipelines that keep assets, and those of them that keep the assets of
// their navigator, as sets of the kind of Asset.Of.
func (s *Set) KeptAssets() (kept, navigated uint32) {
	for bit, rules := range s.AssetRules(^uint32(0)) {
		if !rules.Keep {
			continue
		}
		kept |= bit
		if s.pipelines[bits.TrailingZeros32(bit)].navigates {
			navigated |= bit
		}
	}
	return kept, navigated
}

// An assetResolver is a compiled asset_resolver. It has no resolvers if the pipeline only keeps the
// assets that its navigator finds.
type assetResolver struct {
	rules     AssetRules
	resolvers []xpathResolver
}

type xpathResolver struct {
	expressions []*xpathExpression
	max         int // URLs of one page
}

// assetResolver compiles an asset resolver.
func (c compiler) assetResolver(params *config.AssetResolver) *assetResolver {
	a := &assetResolver{rules: AssetRules{
		Concurrency: params.Concurrency, MaxRetries: params.MaxRetries, Timeout: params.Timeout,
	}}
	for i, r := range params.Resolvers {
		c := c.at(".resolvers[%d]", i)
		x, ok := r.Params.(*config.XPathResolver)
		if !ok {
			c.unknown()
			continue
		}
		resolver := xpathResolver{max: *x.MaxItems}
		for j, expression := range x.XPaths {
			resolver.expressions = append(resolver.expressions, c.at(".params.xpaths[%d]", j).xpath(expression))
		}
		a.resolvers = append(a.resolvers, resolver)
	}
	return a
}

// find returns the assets of a page, each once: those of the first resolver, then what the second
// one finds besides them, and so on.
func (a *assetResolver) find(ev *evaluation) ([]weburl.URL, error) {
	if len(a.resolvers) == 0 || !ev.isPage() {
		return nil, nil
	}
	doc, err := ev.document()
	if err != nil {
		return nil, err
	}
	base := ev.baseURL()
	var all []weburl.URL
	seen := map[weburl.URL]bool{}
	for _, r := range a.resolvers {
		end := len(all) + r.max
		for _, x := range r.expressions {
			for _, v := range x.evaluate(doc, &ev.meter, true) {
				u, ok := resolveAsset(base, v)
				if ok && !seen[u] && len(all) < end {
					ev.produce(len(u.String()))
					seen[u] = true
					all = append(all, u)
				}
			}
		}
	}
	return all, nil
}

// resolveAsset returns the URL that a value of an expression stands for. Other values than
// references to http and https URLs are no assets: an empty text and a fragment stand for the page
// itself, and a data URL holds the asset.
func resolveAsset(base weburl.URL, value any) (weburl.URL, bool) {
	ref, ok := value.(string)
	if !ok || ref == "" || ref[0] == '#' {
		return weburl.URL{}, false
	}
	u, err := base.Resolve(ref)
	return u, err == nil
}
