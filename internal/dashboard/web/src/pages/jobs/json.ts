// Reading JSON that a person writes: where its errors are, and where each of its values is.

export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
	[name: string]: Json
}

/** A Place is an offset in the text, in UTF-16 code units. */
export type Place = number

/** Parsed is a JSON text: its value, or its first error. */
export interface Parsed {
	value?: Json
	error?: {at: Place; message: string}
	/**
	 * Where each value is, by the path that the API's errors use, such as config.seeds[0].kind. The
	 * place of a member is that of its name.
	 */
	places: Map<string, Place>
}

// The service refuses texts that are nested deeper. So deep a recursion is safe in every browser.
const maxDepth = 500

// The service cuts the names of members in paths there, in bytes.
const maxNameBytes = 100

class SyntaxFault extends Error {
	constructor(readonly at: Place, message: string) {
		super(message)
	}
}

/**
 * parseJson reads a JSON text, whose value has the path root. It is stricter than JSON.parse, so
 * that writing the value again loses nothing: a member that is given twice and a number that
 * JavaScript cannot represent are errors.
 */
export function parseJson(text: string, root: string): Parsed {
	const reader = new Reader(text)
	try {
		const value = reader.document(root)
		return {value, places: reader.places}
	} catch (error) {
		if (!(error instanceof SyntaxFault)) throw error
		return {error: {at: error.at, message: error.message}, places: reader.places}
	}
}

class Reader {
	readonly places = new Map<string, Place>()
	private at = 0

	constructor(private readonly text: string) {}

	document(root: string): Json {
		this.skipSpace()
		this.places.set(root, this.at)
		const value = this.value(root, 0)
		if (this.at < this.text.length) throw new SyntaxFault(this.at, 'there must be nothing after the value')
		return value
	}

	/** value reads a value and the white space after it. */
	private value(path: string, depth: number): Json {
		if (depth > maxDepth) throw new SyntaxFault(this.at, 'the value is nested too deeply')
		const value = this.bareValue(path, depth)
		this.skipSpace()
		return value
	}

	private bareValue(path: string, depth: number): Json {
		switch (this.text[this.at]) {
			case '{': return this.object(path, depth)
			case '[': return this.list(path, depth)
			case '"': return this.string()
			default: return this.literal()
		}
	}

	private object(path: string, depth: number): JsonObject {
		const members = new Map<string, Json>()
		this.items('}', 'a member such as "kind": "sitemap"', () => {
			const start = this.at
			if (this.text[start] !== '"') throw new SyntaxFault(start, 'a name in double quotes must be here')
			const name = this.string()
			if (members.has(name)) throw new SyntaxFault(start, `the member ${JSON.stringify(name)} is given twice`)
			const at = path + '.' + cut(name)
			this.places.set(at, start)
			this.skipSpace()
			this.expect(':', 'after the name of a member')
			members.set(name, this.value(at, depth + 1))
		})
		return Object.fromEntries(members) // unlike an assignment, it takes the name __proto__
	}

	private list(path: string, depth: number): Json[] {
		const values: Json[] = []
		this.items(']', 'a value', () => {
			const at = `${path}[${values.length}]`
			this.places.set(at, this.at)
			values.push(this.value(at, depth + 1))
		})
		return values
	}

	/** items reads what is between brackets, separated by commas. */
	private items(end: string, what: string, read: () => void) {
		this.at++
		this.skipSpace()
		if (this.text[this.at] === end) {
			this.at++
			return
		}
		for (;;) {
			read()
			this.skipSpace()
			if (this.text[this.at] === end) break
			this.expect(',', `or ${end} must be here`)
			if (this.text[this.at] === end) throw new SyntaxFault(this.at, `after a comma, ${what} must follow`)
		}
		this.at++
	}

	private expect(character: string, where: string) {
		if (this.text[this.at] !== character) {
			const must = where.endsWith('here') ? `${character} ${where}` : `${character} must be ${where}`
			throw new SyntaxFault(this.at, this.at < this.text.length ? must : 'the text ends too early: ' + must)
		}
		this.at++
		this.skipSpace()
	}

	private string(): string {
		const start = this.at++
		for (; this.text[this.at] !== '"'; this.at++) {
			const c = this.text[this.at]
			if (c === undefined || c === '\n') throw new SyntaxFault(start, 'the string has no end')
			if (c < ' ') throw new SyntaxFault(this.at, 'a control character must be written as an escape such as \\t')
			if (c === '\\') this.escape()
		}
		this.at++
		return JSON.parse(this.text.slice(start, this.at))
	}

	/** escape moves to the last character of an escape. */
	private escape() {
		const found = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(this.text.slice(this.at, this.at + 6))
		if (!found) throw new SyntaxFault(this.at, 'a backslash must begin an escape such as \\" or \\\\')
		this.at += found[0].length - 1
	}

	private literal(): Json {
		const start = this.at
		const found = /^[^\s,:[\]{}"]+/.exec(this.text.slice(start, start + 400))
		if (!found) throw new SyntaxFault(start, start < this.text.length ? 'a value must be here' : 'the text ends where a value must be')
		const word = found[0]
		if (word === 'true' || word === 'false' || word === 'null') {
			this.at += word.length
			return JSON.parse(word)
		}
		if (!/^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/.test(word)) {
			throw new SyntaxFault(start, `${word.slice(0, 40)} is not a value; a string is written in double quotes`)
		}
		const number = Number(word)
		if (!Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number))) {
			throw new SyntaxFault(start, 'the number is too large')
		}
		this.at += word.length
		return number
	}

	private skipSpace() {
		while (' \t\r\n'.includes(this.text[this.at] ?? 'x')) this.at++
	}
}

/** cut shortens the name of a member as the service does in paths. */
function cut(name: string): string {
	const bytes = new TextEncoder().encode(name)
	if (bytes.length <= maxNameBytes) return name
	return new TextDecoder().decode(bytes.slice(0, maxNameBytes)).replaceAll('\ufffd', '') + '…'
}

/**
 * placeOf returns where the value of a path is. If there is none, it is where the value around it
 * is.
 */
export function placeOf(places: Map<string, Place>, path: string): Place {
	for (let p = path; p; p = p.slice(0, Math.max(p.lastIndexOf('.'), p.lastIndexOf('['), 0))) {
		const at = places.get(p)
		if (at !== undefined) return at
	}
	return 0
}

/** lineAndColumn returns the line and the column of a place, both from 1. */
export function lineAndColumn(text: string, at: Place): {line: number; column: number} {
	const before = text.slice(0, at)
	const start = before.lastIndexOf('\n') + 1
	return {line: before.split('\n').length, column: [...before.slice(start)].length + 1}
}

/** formatJson writes a value for people. */
export const formatJson = (value: Json): string => JSON.stringify(value, null, 2)

/** isObject reports whether a value is an object, and no list. */
export const isObject = (value: Json | undefined): value is JsonObject =>
	typeof value === 'object' && value !== null && !Array.isArray(value)
