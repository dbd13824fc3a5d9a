// Reading and changing the parts of a configuration that the form knows. A change returns a copy
// and keeps every member that the form does not know.
import {isObject, type Json, type JsonObject} from './json'

type Path = (string | number)[]

/** get returns the value at a path, or undefined. */
export function get(value: Json | undefined, path: Path): Json | undefined {
	for (const step of path) {
		if (typeof step === 'number') value = Array.isArray(value) ? value[step] : undefined
		else value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
	}
	return value
}

/**
 * set returns a copy with a value at a path. With undefined, the member is removed, and then the
 * objects around it that have no other member, up to the nearest list.
 */
export function set(value: Json | undefined, [step, ...rest]: Path, to: Json | undefined): Json {
	if (typeof step === 'number') {
		const list = Array.isArray(value) ? [...value] : []
		if (rest.length === 0 && to === undefined) list.splice(step, 1)
		else list[step] = rest.length === 0 ? to! : set(list[step], rest, to)
		return list
	}
	const object = isObject(value) ? {...value} : {}
	const inner = rest.length === 0 ? to : set(get(object, [step!]), rest, to)
	const emptied = to === undefined && isObject(inner) && Object.keys(inner).length === 0
	if (inner === undefined || emptied) delete object[step!]
	else object[step!] = inner
	return object
}

/** parts returns the list of that name, such as the seeds. Without the list, it is undefined. */
export function parts(config: Json, list: string): JsonObject[] | undefined {
	return get(config, [list]) as JsonObject[] | undefined // see shapeProblem
}

/** indexOf returns the position of the first part of a kind, or -1. */
export function indexOf(config: Json, list: string, kind: string): number {
	return (parts(config, list) ?? []).findIndex(part => part['kind'] === kind)
}

/** param returns a param of the first part of a kind, or undefined. */
export function param(config: Json, list: string, kind: string, name: string): Json | undefined {
	const i = indexOf(config, list, kind)
	return i < 0 ? undefined : get(config, [list, i, 'params', name])
}

/**
 * What the service does without the list. As soon as the list is written, it must have these parts.
 */
const defaults: Record<string, JsonObject[]> = {filters: [{kind: 'seed_hosts'}], policies: [{kind: 'robots_txt'}]}

/** These parts mean something without params. The others are removed with their last param. */
const bare = ['seed_hosts', 'robots_txt']

/** Params that the parts of a kind must have beside the one that the form shows. */
const fixed: Record<string, JsonObject> = {budget: {by: 'host'}}

/**
 * setParam returns a copy with another param of the first part of a kind, which it adds or removes
 * as needed.
 */
export function setParam(config: Json, list: string, kind: string, name: string, to: Json | undefined): Json {
	const given = parts(config, list) ?? defaults[list] ?? []
	const i = given.findIndex(part => part['kind'] === kind)
	if (i < 0) return to === undefined ? config : setParts(config, list, [...given, {kind, params: {...fixed[kind], [name]: to}}])
	const part = set(given[i], ['params', name], to) as JsonObject
	const empty = part['params'] === undefined || JSON.stringify(part['params']) === JSON.stringify(fixed[kind])
	return setParts(config, list, to === undefined && empty && !bare.includes(kind) ? given.toSpliced(i, 1) : given.with(i, part))
}

/** addPart returns a copy that has a part of a kind without params. */
export function addPart(config: Json, list: string, kind: string): Json {
	if (indexOf(config, list, kind) >= 0) return config
	return setParts(config, list, [{kind}, ...(parts(config, list) ?? [])])
}

/** removeParts returns a copy without the parts of a kind. */
export function removeParts(config: Json, list: string, kind: string): Json {
	const given = parts(config, list) ?? defaults[list] ?? []
	return setParts(config, list, given.filter(part => part['kind'] !== kind))
}

/** has reports whether the service will find a part of a kind in the list. */
export function has(config: Json, list: string, kind: string): boolean {
	return (parts(config, list) ?? defaults[list] ?? []).some(part => part['kind'] === kind)
}

/** setParts returns a copy with another list. A list that means the same as none is left out. */
function setParts(config: Json, list: string, to: JsonObject[]): Json {
	return set(config, [list], JSON.stringify(to) === JSON.stringify(defaults[list] ?? []) ? undefined : to)
}

const lists = ['seeds', 'stopping_criteria', 'starting_criteria', 'filters', 'policies', 'pipelines']
const groups = ['fetcher', 'speed', 'record']
const textLists = ['urls', 'hosts']
const patternLists = ['allow', 'deny']

/**
 * shapeProblem says which value is not of the type that the form needs, or ''. The form shows and
 * changes only a configuration without such a problem, so it never has to guess.
 */
export function shapeProblem(config: Json): string {
	if (!isObject(config)) return 'config must be an object'
	for (const name of groups) {
		if (config[name] !== undefined && !isObject(config[name])) return `${name} must be an object`
	}
	for (const name of lists) {
		const list = config[name]
		if (list === undefined) continue
		if (!Array.isArray(list)) return `${name} must be a list`
		for (const [i, part] of list.entries()) {
			if (!isObject(part)) return `${name}[${i}] must be an object`
			const problem = paramsProblem(part)
			if (problem) return `${name}[${i}].${problem}`
		}
	}
	return ''
}

function paramsProblem(part: JsonObject): string {
	const params = part['params']
	if (params === undefined) return ''
	if (!isObject(params)) return 'params must be an object'
	for (const name of [...textLists, ...patternLists]) {
		if (params[name] !== undefined && !Array.isArray(params[name])) return `params.${name} must be a list`
	}
	return ''
}

/** toText returns a value as the form shows it. */
export function toText(value: Json | undefined): string {
	if (value === undefined) return ''
	return typeof value === 'string' ? value : JSON.stringify(value)
}

/** fromText returns a text of the form as a string, or undefined if it is empty. */
export const fromText = (text: string): Json | undefined => text.trim() || undefined

/**
 * numberFromText is fromText for numbers. What is not a number stays a string, which the API
 * refuses.
 */
export function numberFromText(text: string): Json | undefined {
	const trimmed = text.trim()
	return /^-?(0|[1-9][0-9]{0,14})$/.test(trimmed) ? Number(trimmed) : trimmed || undefined
}

/** toLines returns a list as the form shows it: a value in each line. */
export const toLines = (list: Json | undefined): string => (Array.isArray(list) ? list : []).map(toText).join('\n')

/** fromLines returns the lines that are not empty, or undefined if there are none. */
export function fromLines(text: string): string[] | undefined {
	const lines = text.split('\n').map(line => line.trim()).filter(line => line !== '')
	return lines.length === 0 ? undefined : lines
}
