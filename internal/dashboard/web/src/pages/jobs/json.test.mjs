import assert from 'node:assert/strict'
import {test} from 'node:test'
import {formatJson, lineAndColumn, parseJson, placeOf} from './json.ts'

const parse = text => parseJson(text, 'config')
const random = seed => () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31

test('what JSON.parse takes is read alike, and what it refuses is an error', () => {
	const sample = '{"a": [1, -2.5e3, "x\\n\\u00e9\\"", {"": null, "__proto__": {"b": true}}], "c": false, "10": "\u{1f600}", "2": []}'
	const next = random(1)
	const characters = '{}[],:"\\ \n\t0123eE+-.truefalsn\u202e'
	for (let i = 0; i < 20_000; i++) {
		let text = sample
		for (let n = Math.floor(next() * 4); n > 0; n--) {
			const at = Math.floor(next() * text.length)
			const put = characters[Math.floor(next() * characters.length)]
			text = text.slice(0, at) + (next() < 0.5 ? put : '') + text.slice(at + (next() < 0.5 ? 1 : 0))
		}
		let want
		try {
			want = JSON.stringify(JSON.parse(text))
		} catch {
			assert.notEqual(parse(text).error, undefined, text)
			continue
		}
		const {value, error} = parse(text)
		if (error) assert.match(error.message, /twice|too large/, text)
		else assert.equal(JSON.stringify(value), want)
	}
})

test('an error has its place', () => {
	for (const [text, line, column, message] of [
		['', 1, 1, /ends where a value/],
		['{\n  "a": 1,\n  "b" 2}', 3, 7, /: must be after the name/],
		['{"ü": x}', 1, 7, /x is not a value/],
		['[1,]', 1, 4, /after a comma/],
		['{"a": 1,}', 1, 9, /after a comma/],
		['[1 2]', 1, 4, /, or \] must be here/],
		['{"a": "b\n"}', 1, 7, /no end/],
		['{"a": 1, "a": 2}', 1, 10, /"a" is given twice/],
		['{} {}', 1, 4, /nothing after/],
		['[01]', 1, 2, /01 is not a value/],
		['["\\x"]', 1, 3, /backslash/],
		['[1e999]', 1, 2, /too large/],
		['[12345678901234567890]', 1, 2, /too large/],
		["{'a': 1}", 1, 2, /double quotes/],
		['['.repeat(100_000), 1, 502, /too deeply/],
	]) {
		const {error} = parse(text)
		assert.ok(error, text)
		assert.deepEqual(lineAndColumn(text, error.at), {line, column}, text.slice(0, 40))
		assert.match(error.message, message)
	}
})

test('the path of an error of the API leads to its line', () => {
	const text = formatJson({seeds: [{kind: 'static_list', params: {urls: ['a', 'b', 'c', 'd']}}], fetcher: {headers: {'X-A.b': 'c'}}})
	const {places} = parse(text)
	const lineOf = path => text.split('\n')[lineAndColumn(text, placeOf(places, path)).line - 1].trim()
	assert.equal(lineOf('config.seeds[0].params.urls[3]'), '"d"')
	assert.equal(lineOf('config.seeds[0].params.urls'), '"urls": [')
	assert.equal(lineOf('config.fetcher.headers.X-A.b'), '"X-A.b": "c"')
	assert.equal(lineOf('config.seeds[0].params.missing'), '"params": {')
	assert.equal(lineOf('config.seeds[7].kind'), '"seeds": [')
	assert.equal(lineOf('config.nothing'), '{')
	assert.equal(lineOf('name'), '{')
})

test('a long name is cut in paths as the service cuts it', () => {
	const name = 'ü'.repeat(80)
	const {places} = parse(JSON.stringify({fetcher: {[name]: 1}}))
	assert.ok(places.has('config.fetcher.' + 'ü'.repeat(50) + '…'))
})
