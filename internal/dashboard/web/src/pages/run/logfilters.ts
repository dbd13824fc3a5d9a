// The filters of the lists of a run. The types make sure that the values are those of the API.
import type {components} from '../../schema'
import type {Filter} from './filters'

type Schemas = components['schemas']

/**
 * all returns the values of an enum of the API. A value that is missing or wrong does not compile.
 */
const all = <T extends string>(values: Record<T, true>): T[] => Object.keys(values) as T[]

const reasons = all<Schemas['ErrorReason']>({
	http_status: true, dns: true, refused: true, reset: true, tls: true, timeout: true, address_refused: true,
	header_too_large: true, protocol: true, incomplete: true, encoding: true, proxy: true, internal: true,
	robots_txt: true, robots_unreachable: true, seed_hosts: true, regex_patterns: true, url_patterns: true, budget: true,
	invalid_url: true, url_too_long: true, queue_full: true, trap_path: true, trap_variants: true, trap_depth: true,
	trap_host: true, max_redirects: true, invalid_redirect: true, redirect_loop: true, too_many_links: true,
	filters_too_slow: true, truncated: true, extract_too_slow: true, extract_failed: true, invalid_sitemap: true,
	incomplete_sitemap: true, sitemap_limit: true,
})

const url: Filter = {name: 'url', label: 'URL', kind: 'text', hint: 'https://example.com/docs/old'}
const prefix: Filter = {name: 'url_prefix', label: 'URL begins with', kind: 'text', hint: 'https://example.com/docs/'}
const hosts: Filter = {name: 'hosts', label: 'Hosts', kind: 'texts', hint: 'example.com, example.com:8080'}
const statuses: Filter = {name: 'http_statuses', label: 'HTTP status', kind: 'texts', hint: '404, 5xx'}

/** The filters of the log. */
export const logFilters: Filter[] = [
	{name: 'statuses', label: 'Status', kind: 'choice', values: all<Schemas['LogStatus']>({ok: true, error: true, excluded: true})},
	{name: 'steps', label: 'Step', kind: 'choice', values: all<Schemas['Step']>({schedule: true, fetch: true, parse: true})},
	{name: 'error_reasons', label: 'Reason', kind: 'one-of-many', values: reasons},
	statuses,
	url,
	prefix,
	hosts,
	{name: 'content_types', label: 'Content type', kind: 'texts', hint: 'text/html, image/*'},
	{name: 'depth', label: 'Depth', kind: 'texts', hint: '0, 1'},
	{name: 'occurred_after', label: 'After', kind: 'time'},
	{name: 'occurred_before', label: 'Before', kind: 'time'},
]

/** The filters of the list of URLs. */
export const linkFilters: Filter[] = [
	{name: 'states', label: 'State', kind: 'choice', values: all<Schemas['LinkState']>({fetched: true, failed: true, excluded: true, queued: true})},
	statuses,
	url,
	prefix,
	hosts,
]

/** artifactFilters returns the filters of the artifacts of a run with these pipelines. */
export const artifactFilters = (pipelines: string[]): Filter[] => [
	{name: 'kinds', label: 'Kind', kind: 'choice', values: all<Schemas['ArtifactKind']>({raw: true, parsed: true, asset: true})},
	{name: 'pipeline_ids', label: 'Pipeline', kind: 'one-of-many', values: pipelines},
	{name: 'content_types', label: 'Content type', kind: 'texts', hint: 'text/html, image/*'},
	{name: 'blob_keys', label: 'Blob key', kind: 'text', hint: 'output/…/data'},
	{name: 'url_hashes', label: 'URL hash', kind: 'texts', hint: '0f115db062b7c0dd030b16878c99dea5'},
	{name: 'created_after', label: 'After', kind: 'time'},
	{name: 'created_before', label: 'Before', kind: 'time'},
]
