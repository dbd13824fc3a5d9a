// What a run keeps: the pipelines that the form makes, and how it knows them again.
import {parts, set} from './config'
import {isObject, type Json, type JsonObject} from './json'

export type Keep = 'raw' | 'markdown' | 'text' | 'assets'

/** What the form offers to keep. */
export const keepChoices: {keep: Keep; label: string; hint: string}[] = [
	{keep: 'raw', label: 'Responses', hint: 'as sites send them, for WARC and WACZ exports'},
	{keep: 'markdown', label: 'Markdown', hint: 'pages converted to Markdown'},
	{keep: 'text', label: 'Text', hint: 'the main content of pages as plain text'},
	{keep: 'assets', label: 'Pages with assets', hint: 'responses, and the images, style sheets and scripts that pages need'},
]

const extract = (kind: string) => ({steps: [{kind: 'extractor', params: {kind}}], actions: [{kind: 'to_blob'}]})

const templates: Record<Keep, JsonObject> = {
	raw: extract('raw'),
	markdown: extract('markdown'),
	text: extract('text'),
	assets: {
		navigator: {kind: 'assets'},
		steps: [{kind: 'extractor', params: {kind: 'raw'}}],
		actions: [{kind: 'to_blob', params: {include_assets: true}}],
	},
}

const follow: JsonObject = {navigator: {kind: 'anchor'}}

/** keeps reports whether a pipeline is the one that the form makes to keep something. */
export const keeps = (config: Json, keep: Keep): boolean => indexOfTemplate(config, templates[keep]) >= 0

/** followsLinks reports whether a run follows links. */
export function followsLinks(config: Json): boolean {
	const pipelines = parts(config, 'pipelines') ?? []
	return pipelines.length === 0 || pipelines.some(p => isObject(p['navigator']) && p['navigator']['kind'] === 'anchor')
}

/** otherPipelines returns how many pipelines the form does not know. It does not change them. */
export function otherPipelines(config: Json): number {
	const known = [follow, ...Object.values(templates)]
	return (parts(config, 'pipelines') ?? []).filter(p => !known.some(t => same(p, t))).length
}

/**
 * setKeep returns a copy that keeps something or not. Because a run with pipelines follows links
 * only by one of them, the first pipeline comes with another one that follows links.
 */
export function setKeep(config: Json, keep: Keep, on: boolean): Json {
	const pipelines = parts(config, 'pipelines') ?? []
	if (on) {
		const before = pipelines.length === 0 ? [{id: 'links', ...follow}] : pipelines
		return set(config, ['pipelines'], [...before, {id: freeId(before, keep), ...templates[keep]}])
	}
	const rest = pipelines.filter(p => !same(p, templates[keep]))
	return set(config, ['pipelines'], rest.length === 0 || (rest.length === 1 && same(rest[0]!, follow)) ? undefined : rest)
}

/** setFollow returns a copy that follows links. */
export function setFollow(config: Json): Json {
	const pipelines = parts(config, 'pipelines') ?? []
	return set(config, ['pipelines'], [{id: freeId(pipelines, 'links'), ...follow}, ...pipelines])
}

function freeId(pipelines: JsonObject[], id: string): string {
	const taken = (name: string) => pipelines.some((p, i) => p['id'] === name || name === `pipeline-${i + 1}`)
	if (!taken(id)) return id
	for (let n = 2; ; n++) {
		if (!taken(`${id}-${n}`)) return `${id}-${n}`
	}
}

function indexOfTemplate(config: Json, template: JsonObject): number {
	return (parts(config, 'pipelines') ?? []).findIndex(p => same(p, template))
}

/**
 * same reports whether a pipeline does what the template does. Ids and params without members do
 * not matter.
 */
function same(pipeline: JsonObject, template: JsonObject): boolean {
	return canonical({...pipeline, id: null}) === canonical({...template, id: null})
}

function canonical(value: Json): string {
	if (Array.isArray(value)) return '[' + value.map(canonical).join() + ']'
	if (!isObject(value)) return JSON.stringify(value)
	const members = Object.entries(value).filter(([name, v]) => !(name === 'params' && isObject(v) && Object.keys(v).length === 0))
	return '{' + members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, v]) => JSON.stringify(name) + ':' + canonical(v)).join() + '}'
}
