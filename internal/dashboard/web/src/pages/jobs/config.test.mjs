import assert from 'node:assert/strict'
import {test} from 'node:test'
import {addPart, fromLines, get, has, numberFromText, param, removeParts, set, setParam, shapeProblem, toLines} from './config.ts'
import {followsLinks, keepChoices, keeps, otherPipelines, setFollow, setKeep} from './keep.ts'
import {parsePattern, patternText} from './pattern.ts'
import {maskedPaths, withoutSecrets} from './secrets.ts'

// What the form does not know, in every place where it changes something.
const full = JSON.parse(`{
	"user_agent": "a/1", "unknown": [1], "traps": {"max_depth": 3}, "record": {"digests": false}, "mutators": [],
	"seeds": [{"kind": "host_labels", "x": 1}, {"kind": "sitemap", "params": {"urls": ["u"], "concurrency": 2}, "y": 1}],
	"stopping_criteria": [{"kind": "max_empty_evaluations", "params": {"max_empty_evaluations": 3}}, {"kind": "max_urls", "params": {"max_urls": 5, "z": 1}}],
	"filters": [{"kind": "url_patterns", "params": {"deny": [{"hash": "*", "hostname": "a"}], "default_allow": true}}, {"kind": "seed_hosts", "params": {}}],
	"policies": [{"kind": "robots_txt", "params": {"scope": "x"}}],
	"fetcher": {"headers": {"X": "***"}, "timeout": "5s", "cookie_jar": false},
	"pipelines": [{"id": "mine", "navigator": {"kind": "anchor"}, "steps": [{"kind": "condition", "params": []}], "actions": [{"kind": "log", "params": {}}]}]
}`)

const changes = [
	c => set(c, ['fetcher', 'timeout'], '9s'), c => set(c, ['speed', 'concurrency'], 4), c => set(c, ['record', 'edges'], true),
	c => set(c, ['seeds', 1, 'params', 'urls'], ['v', 'w']),
	c => setParam(c, 'stopping_criteria', 'max_urls', 'max_urls', 7), c => setParam(c, 'stopping_criteria', 'max_age', 'max_age', '1h'),
	c => setParam(c, 'filters', 'budget', 'limit', 5), c => setParam(c, 'filters', 'url_patterns', 'allow', [{hostname: 'b'}]),
	c => setParam(c, 'policies', 'robots_txt', 'default_delay', '2s'), c => setKeep(c, 'markdown', true), c => setKeep(c, 'assets', true),
]

test('a change keeps every member that it is not about', () => {
	for (const change of changes) {
		const before = JSON.stringify(full)
		const after = change(full)
		assert.equal(JSON.stringify(full), before) // it is a copy
		for (const [path, value] of leaves(full)) {
			const now = get(after, path)
			if (JSON.stringify(now) !== JSON.stringify(value)) assert.match(path.join('.'), /timeout|urls|max_urls$/)
		}
	}
})

function leaves(value, path = []) {
	if (typeof value !== 'object' || value === null) return [[path, value]]
	const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
	return entries.length === 0 ? [[path, value]] : entries.flatMap(([step, v]) => leaves(v, [...path, step]))
}

test('setting and removing a value leaves nothing behind', () => {
	for (const [list, kind, name, value] of [
		['stopping_criteria', 'max_urls', 'max_urls', 5], ['filters', 'budget', 'limit', 5], ['filters', 'url_patterns', 'deny', [{hostname: 'a'}]],
		['policies', 'robots_txt', 'default_delay', '2s'],
	]) {
		const there = setParam({}, list, kind, name, value)
		assert.equal(JSON.stringify(param(there, list, kind, name)), JSON.stringify(value))
		assert.deepEqual(setParam(there, list, kind, name, undefined), {}, kind)
	}
	assert.deepEqual(set(set({}, ['fetcher', 'timeout'], '1s'), ['fetcher', 'timeout'], undefined), {})
	for (const {keep} of keepChoices) assert.deepEqual(setKeep(setKeep({}, keep, true), keep, false), {})
})

test('a list that the form writes has the defaults of the service that it replaces', () => {
	assert.deepEqual(setParam({}, 'filters', 'budget', 'limit', 5), {filters: [{kind: 'seed_hosts'}, {kind: 'budget', params: {by: 'host', limit: 5}}]})
	assert.deepEqual(setParam({}, 'policies', 'robots_txt', 'default_delay', '2s'), {policies: [{kind: 'robots_txt', params: {default_delay: '2s'}}]})
	assert.deepEqual(removeParts({}, 'policies', 'robots_txt'), {policies: []})
	assert.deepEqual(removeParts({}, 'filters', 'seed_hosts'), {filters: []})
	assert.deepEqual(addPart({filters: []}, 'filters', 'seed_hosts'), {})
	assert.ok(has({}, 'filters', 'seed_hosts') && has({}, 'policies', 'robots_txt') && !has({policies: []}, 'policies', 'robots_txt'))
})

test('the form is locked for values of other types', () => {
	for (const config of [[], null, 1, {seeds: {}}, {seeds: [1]}, {filters: [{kind: 'x', params: 1}]}, {fetcher: []}, {seeds: [{params: {urls: 'u'}}]}]) {
		assert.notEqual(shapeProblem(config), '', JSON.stringify(config))
	}
	assert.equal(shapeProblem(full), '')
	assert.equal(shapeProblem({seeds: [{kind: 'static_list', params: {urls: [1, null]}}]}), '')
})

test('texts and values', () => {
	assert.deepEqual(fromLines(' a \n\n\tb\r\n'), ['a', 'b'])
	assert.equal(fromLines(' \n'), undefined)
	assert.equal(toLines(['a', 1]), 'a\n1')
	assert.equal(numberFromText(' 12 '), 12)
	assert.equal(numberFromText('1e3'), '1e3') // the API says that it is not a number
	assert.equal(numberFromText(''), undefined)
})

test('URL patterns are lines if nothing is lost', () => {
	for (const [text, pattern] of [
		['*.example.com/docs/*', {hostname: '*.example.com', pathname: '/docs/*'}],
		['https://a.example:8443/x?page=*', {protocol: 'https', hostname: 'a.example', port: '8443', pathname: '/x', search: 'page=*'}],
		['/search?*', {pathname: '/search', search: '*'}],
		['?q=*', {search: 'q=*'}],
		['*', {hostname: '*'}],
		[':8080', {port: '8080'}],
	]) {
		assert.deepEqual(parsePattern(text), pattern)
		assert.equal(patternText(pattern), text)
	}
	for (const pattern of [{hostname: 'a', hash: '*'}, {pathname: '*x'}, {search: '?a'}, {hostname: 'a/b'}, {hostname: ''}, 'a', null, {hostname: 1}]) {
		const text = patternText(pattern)
		if (text !== undefined) assert.deepEqual(parsePattern(text), pattern)
	}
	assert.equal(patternText({hostname: 'a', hash: '*'}), undefined)
	assert.equal(patternText({hostname: 1}), undefined)
})

test('what is kept can be known again, and links are followed', () => {
	let config = {}
	for (const {keep} of keepChoices) {
		config = setKeep(config, keep, true)
		assert.ok(keeps(config, keep) && followsLinks(config))
	}
	assert.equal(otherPipelines(config), 0)
	assert.equal(new Set(config.pipelines.map(p => p.id)).size, config.pipelines.length)
	const own = {pipelines: [{id: 'raw', steps: [], actions: []}]}
	const kept = setKeep(own, 'raw', true)
	assert.deepEqual(kept.pipelines.map(p => p.id), ['raw', 'raw-2'])
	assert.deepEqual(setKeep(kept, 'raw', false), own)
	assert.ok(!followsLinks(own) && followsLinks(setFollow(own)) && otherPipelines(own) === 1)
})

test('secrets are found, and masks and references stay', () => {
	const config = {fetcher: {
		headers: {A: 'secret', B: '***', C: {secret: 'name'}, D: {value: 'secret', hosts: ['h']}, ['__proto__x']: 'secret'},
		basic_auth: {username: 'u', password: 'secret'}, bearer: {token: '***:secret'}, cookies: [{name: 'c', value: 'secret'}, {name: 'd', value: '***'}],
		proxy: 'http://user:secret@proxy.example:1',
	}}
	assert.deepEqual(maskedPaths(config), ['fetcher.headers.B', 'fetcher.cookies[1].value'])
	const {config: clean, removed} = withoutSecrets(config)
	assert.ok(removed)
	assert.doesNotMatch(JSON.stringify(clean).replaceAll('{"secret":"name"}', ''), /secret/)
	assert.deepEqual(clean.fetcher.headers.B, '***')
	assert.equal(withoutSecrets({fetcher: {proxy: 'http://***@proxy.example:1', bearer: {token: '***'}}}).removed, false)
})
