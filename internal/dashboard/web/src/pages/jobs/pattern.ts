// URL patterns as one line of text, such as https://*.example.com:8443/docs/*?page=*.
import {isObject, type Json, type JsonObject} from './json'

/**
 * patternText returns a pattern of the configuration as text, or undefined if that would lose
 * something.
 */
export function patternText(pattern: Json): string | undefined {
	if (!isObject(pattern)) return undefined
	const part = (name: string) => pattern[name] ?? ''
	const {protocol, hostname, port, pathname, search} = {
		protocol: part('protocol'), hostname: part('hostname'), port: part('port'), pathname: part('pathname'), search: part('search'),
	}
	const text = (protocol && `${protocol}://`) + `${hostname}` + (port && `:${port}`) + `${pathname}` + (search && `?${search}`)
	return sameMembers(parsePattern(text), pattern) ? text : undefined
}

/**
 * parsePattern returns the pattern that a text means. What is not in the text matches everything.
 */
export function parsePattern(text: string): JsonObject {
	const [, protocol, hostname, port, pathname, search] = /^(?:([^/:?]*):\/\/)?([^/:?]*)(?::([^/?]*))?(\/[^?]*)?(?:\?(.*))?$/s.exec(text.trim()) ?? []
	const members = {protocol, hostname, port, pathname, search}
	return Object.fromEntries(Object.entries(members).filter((m): m is [string, string] => !!m[1]))
}

function sameMembers(a: JsonObject, b: JsonObject): boolean {
	const names = Object.keys(b)
	return names.length === Object.keys(a).length && names.every(name => a[name] === b[name])
}
