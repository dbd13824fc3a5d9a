// The comparison of what two runs of a job found.
import type {components} from '../../schema'

type Link = components['schemas']['Link']

/** Found is what the comparison needs of a URL of a run. */
export type Found = Pick<Link, 'url' | 'url_hash' | 'state' | 'http_status' | 'error_reason'> & {
	/** Where a redirect leads, as far as it was read. */
	redirect_url?: string | null
}

/** Side is what was read of one run. */
export interface Side {
	urls: Map<string, Found> // by url_hash
	/**
	 * Whether these are all URLs of the run. If not, a URL that is missing here may be one of it.
	 */
	complete: boolean
}

/** Kind is what became of a URL from the first run to the second. */
export type Kind = 'newly_broken' | 'fixed' | 'still_broken' | 'new' | 'gone' | 'changed' | 'one_only'

export interface Difference {
	kind: Kind
	url: string
	a?: Found // absent if the run does not know the URL
	b?: Found
}

export interface Comparison {
	differences: Difference[] // ordered by URL
	unchanged: number // requested by both runs, with the same result
	skipped: number // known, but requested by neither run
	uncertain: number // in one run, while not all URLs of the other run were read
}

/**
 * The kinds, in the order of the page, and what they mean. A URL is requested if it is fetched or
 * failed, and it is broken if it is failed: no response, or one with a status of 400 to 599.
 */
export const kinds: {kind: Kind; title: string; meaning: string}[] = [
	{
		kind: 'newly_broken', title: 'Newly broken',
		meaning: 'Failed in the second run, and did not fail in the first: the first fetched it, did not request it, or did not know it.',
	},
	{kind: 'fixed', title: 'Fixed', meaning: 'Failed in the first run, and fetched in the second.'},
	{kind: 'still_broken', title: 'Still broken', meaning: 'Failed in both runs. The status or the reason may differ.'},
	{kind: 'new', title: 'New', meaning: 'Fetched in the second run, and not known to the first. New URLs that failed are newly broken.'},
	{
		kind: 'gone', title: 'Gone',
		meaning: 'Fetched or failed in the first run, and not known to the second: no page that the second run read links to it. ' +
			'It may still exist. A URL that the second run excluded or left in the queue is not gone.',
	},
	{kind: 'changed', title: 'Changed', meaning: 'Fetched in both runs, with another status or another target of the redirect.'},
	{
		kind: 'one_only', title: 'Requested by one run only',
		meaning: 'Requested by one run, and known to the other, which excluded it or ended before its turn. So they cannot be compared.',
	},
]

/** compare returns what differs from run a to run b. */
export function compare(a: Side, b: Side): Comparison {
	const result: Comparison = {differences: [], unchanged: 0, skipped: 0, uncertain: 0}
	for (const hash of new Set([...a.urls.keys(), ...b.urls.keys()])) {
		const inA = a.urls.get(hash)
		const inB = b.urls.get(hash)
		const kind = classify(inA, inB, a.complete, b.complete)
		if (kind === 'unchanged' || kind === 'skipped' || kind === 'uncertain') result[kind]++
		else result.differences.push({kind, url: (inB ?? inA)!.url, a: inA, b: inB})
	}
	result.differences.sort((x, y) => (x.url < y.url ? -1 : x.url > y.url ? 1 : 0))
	return result
}

function classify(a: Found | undefined, b: Found | undefined, allOfA: boolean, allOfB: boolean): Kind | 'unchanged' | 'skipped' | 'uncertain' {
	if (!requested(a) && !requested(b)) return 'skipped'
	if ((!a && !allOfA) || (!b && !allOfB)) return 'uncertain'
	if (b?.state === 'failed') return a?.state === 'failed' ? 'still_broken' : 'newly_broken'
	if (!a) return 'new'
	if (!b) return 'gone'
	if (!requested(a) || !requested(b)) return 'one_only'
	if (a.state === 'failed') return 'fixed'
	return sameResponse(a, b) ? 'unchanged' : 'changed'
}

const requested = (u: Found | undefined) => u?.state === 'fetched' || u?.state === 'failed'

function sameResponse(a: Found, b: Found): boolean {
	// The target is unknown where it was not read.
	const targets = a.redirect_url === undefined || b.redirect_url === undefined || a.redirect_url === b.redirect_url
	return a.http_status === b.http_status && targets
}

/** result says in a few words what a run made of a URL. */
export function result(u: Found | undefined): string {
	if (!u) return 'not known'
	const reason = u.error_reason === 'http_status' ? null : u.error_reason
	return [u.state, u.http_status, reason].filter(part => part !== null && part !== undefined).join(' ')
}

/**
 * toCsv returns the differences as CSV (RFC 4180). Spreadsheets take no cell of it for a formula.
 */
export function toCsv(differences: Difference[]): string {
	const rows = [['kind', 'url', 'first_run', 'second_run', 'first_redirect', 'second_redirect']]
	for (const d of differences) {
		rows.push([d.kind, d.url, result(d.a), result(d.b), d.a?.redirect_url ?? '', d.b?.redirect_url ?? ''])
	}
	return rows.map(row => row.map(cell).join(',') + '\r\n').join('')
}

function cell(text: string): string {
	const visible = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, c => '\\u' + c.codePointAt(0)!.toString(16).padStart(4, '0'))
	const safe = /^[=+\-@]/.test(visible) ? "'" + visible : visible
	return /[",]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe
}
