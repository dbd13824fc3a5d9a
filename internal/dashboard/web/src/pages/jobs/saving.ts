// Loading and saving a job.
import {api, type Config, type Job} from '../../api'
import type {Draft} from './draft'
import {formatJson, parseJson} from './json'
import {toLabels} from './labels'
import {maskedPaths} from './secrets'

/** Opened is a job as it was when the form was opened. */
export interface Opened {
	draft: Draft
	etag: string // empty for a new job
	/** Where a copy has masks in the place of secrets, which are not copied. */
	masks: string[]
}

/** The form of a new job begins with an empty list of URLs. Everything else has its default. */
const newText = formatJson({seeds: [{kind: 'static_list', params: {urls: []}}]})

/**
 * open returns what the form of a job begins with: the job, a copy of another job, or a new one.
 */
export async function open(id: string, from: string, signal: AbortSignal): Promise<Opened> {
	if (!id && !from) return {draft: {name: '', labels: [], text: newText}, etag: '', masks: []}
	const {data, response} = await api.GET('/v1/jobs/{job_id}', {signal, params: {path: {job_id: id || from}}})
	const draft = draftOf(data!)
	if (id) return {draft, etag: response.headers.get('ETag') ?? '', masks: []}
	const {value} = parseJson(draft.text, 'config')
	return {draft: {...draft, name: copyName(draft.name)}, etag: '', masks: maskedPaths(value ?? null)}
}

function draftOf(job: Job): Draft {
	return {name: job.name, labels: Object.entries(job.labels), text: formatJson((job.config ?? {}) as Parameters<typeof formatJson>[0])}
}

// A name has at most 255 characters.
const copyName = (name: string) => [...name].slice(0, 248).join('') + ' (copy)'

/** create creates a job, and its first run if run is set. */
export async function create(draft: Draft, run: boolean, key: string): Promise<Job> {
	const {data} = await api.POST('/v1/jobs', {
		params: {query: run ? {create_run: true} : {}, header: {'Idempotency-Key': key}},
		body: {name: draft.name, labels: toLabels(draft.labels), config: configOf(draft)},
	})
	return data!
}

/**
 * update changes what differs from the job that was opened, if nobody else changed the job since.
 */
export async function update(id: string, opened: Draft, draft: Draft, etag: string): Promise<Job> {
	const labels = toLabels(draft.labels)
	const body = {
		name: draft.name === opened.name ? undefined : draft.name,
		labels: JSON.stringify(labels) === JSON.stringify(toLabels(opened.labels)) ? undefined : labels,
		config: draft.text === opened.text ? undefined : configOf(draft),
	}
	const {data} = await api.PATCH('/v1/jobs/{job_id}', {params: {path: {job_id: id}, header: {'If-Match': etag}}, body})
	return data!
}

const configOf = (draft: Draft): Config => parseJson(draft.text, 'config').value as unknown as Config
