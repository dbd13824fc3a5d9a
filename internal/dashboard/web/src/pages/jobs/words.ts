// Jobs in words.
import type {Config} from '../../api'
import {count} from '../../format'

/** The seeds of a job in short: the first place, and how many there are beside it. */
export function seedsInShort(config: Config | undefined): {first: string; more: string} {
	const places = (config?.seeds ?? []).flatMap(seedPlaces)
	const [first, ...rest] = places
	if (first === undefined) return {first: '', more: 'no seeds'}
	return {first, more: rest.length > 0 ? `and ${count(rest.length)} more` : ''}
}

/** seedPlaces returns the URLs of a seed, and for sitemaps in words what they are. */
export function seedPlaces(seed: NonNullable<Config['seeds']>[number]): string[] {
	if (seed.kind === 'static_list') return seed.params.urls
	const {url, urls = [], hosts = []} = seed.params
	return [...(url ? [url] : []), ...urls].map(u => 'sitemap ' + u).concat(hosts.map(h => 'sitemaps of ' + h))
}

/** stopsWhen says when the runs of a job end, in sentences. */
export function stopsWhen(config: Config | undefined): string[] {
	const sentences = (config?.stopping_criteria ?? []).flatMap(criterion => {
		switch (criterion.kind) {
			case 'max_urls': return `After ${count(criterion.params.max_urls)} URLs.`
			case 'max_depth': return `After all URLs up to ${count(criterion.params.max_depth)} links from a seed.`
			case 'max_age': return `${criterion.params.max_age} after its start, without the time when it is paused.`
			case 'max_empty_evaluations':
				return criterion.params.max_empty_evaluations === 1 ? [] : `When ${count(criterion.params.max_empty_evaluations)} evaluations in a row find nothing to do.`
		}
	})
	const waits = config?.stopping_criteria?.some(c => c.kind === 'max_empty_evaluations' && c.params.max_empty_evaluations > 1)
	return waits ? sentences : [...sentences, 'When nothing is left to do.']
}
