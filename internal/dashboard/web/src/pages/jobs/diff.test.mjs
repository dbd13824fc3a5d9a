import assert from 'node:assert/strict'
import {test} from 'node:test'
import {compare, kinds, result, toCsv} from './diff.ts'

const side = (urls, complete = true) => ({
	complete,
	urls: new Map(Object.entries(urls).map(([path, [state, http_status = null, redirect_url, error_reason = null]]) =>
		[path, {url: 'https://example.com/' + path, url_hash: path, state, http_status, error_reason, redirect_url}])),
})
const ok = ['fetched', 200]
const broken = ['failed', 404, null, 'http_status']
const excluded = ['excluded', null, null, 'seed_hosts']
const queued = ['queued']

/** kindOf returns what the comparison says of one URL, whose results are a and b, or undefined if a run does not know it. */
function kindOf(a, b, allOfA = true, allOfB = true) {
	const c = compare(side(a ? {u: a} : {}, allOfA), side(b ? {u: b} : {}, allOfB))
	if (c.differences.length === 1) return c.differences[0].kind
	return ['unchanged', 'skipped', 'uncertain'].find(name => c[name] === 1)
}

test('each pair of states has its kind', () => {
	const states = {absent: undefined, queued, excluded, ok, broken}
	const want = {
		//          of b: absent, queued, excluded, ok, broken
		absent: [undefined, 'skipped', 'skipped', 'new', 'newly_broken'],
		queued: ['skipped', 'skipped', 'skipped', 'one_only', 'newly_broken'],
		excluded: ['skipped', 'skipped', 'skipped', 'one_only', 'newly_broken'],
		ok: ['gone', 'one_only', 'one_only', 'unchanged', 'newly_broken'],
		broken: ['gone', 'one_only', 'one_only', 'fixed', 'still_broken'],
	}
	for (const [a, row] of Object.entries(want)) {
		for (const [i, b] of Object.keys(states).entries()) assert.equal(kindOf(states[a], states[b]), row[i], `${a} -> ${b}`)
	}
})

test('a URL that may be among those that were not read is neither new nor gone', () => {
	assert.equal(kindOf(undefined, ok, false, true), 'uncertain')
	assert.equal(kindOf(undefined, broken, false, true), 'uncertain')
	assert.equal(kindOf(ok, undefined, true, false), 'uncertain')
	assert.equal(kindOf(broken, undefined, true, false), 'uncertain')
	assert.equal(kindOf(undefined, ok, true, false), 'new')
	assert.equal(kindOf(ok, undefined, false, true), 'gone')
	assert.equal(kindOf(ok, broken, false, false), 'newly_broken')
	assert.equal(kindOf(undefined, excluded, false, false), 'skipped')
})

test('another status or another target is a change', () => {
	assert.equal(kindOf(['fetched', 200], ['fetched', 204]), 'changed')
	assert.equal(kindOf(['fetched', 301, '/a'], ['fetched', 301, '/b']), 'changed')
	assert.equal(kindOf(['fetched', 301, '/a'], ['fetched', 301, '/a']), 'unchanged')
	assert.equal(kindOf(['fetched', 301, '/a'], ['fetched', 301, undefined]), 'unchanged') // its target was not read
	assert.equal(kindOf(['failed', 404], ['failed', 500]), 'still_broken')
})

test('each URL counts once', () => {
	const a = side({p: ok, q: broken, r: excluded, s: queued, t: ok})
	const b = side({p: ok, q: ok, r: ok, u: broken, s: excluded})
	const c = compare(a, b)
	assert.equal(c.differences.length + c.unchanged + c.skipped + c.uncertain, 6)
	assert.deepEqual(c.differences.map(d => [d.url.at(-1), d.kind]), [['q', 'fixed'], ['r', 'one_only'], ['t', 'gone'], ['u', 'newly_broken']])
	for (const d of c.differences) assert.ok(kinds.some(k => k.kind === d.kind))
})

test('a CSV has no formulas and no characters that are not visible', () => {
	const hostile = {url: '=HYPERLINK("x"),\u202e\n', url_hash: 'h', state: 'failed', http_status: null, error_reason: 'dns'}
	const csv = toCsv([{kind: 'newly_broken', url: hostile.url, b: hostile}])
	assert.equal(csv, 'kind,url,first_run,second_run,first_redirect,second_redirect\r\n' +
		'newly_broken,"\'=HYPERLINK(""x""),\\u202e\\u000a",not known,failed dns,,\r\n')
	assert.equal(result({state: 'failed', http_status: 404, error_reason: 'http_status'}), 'failed 404')
})
