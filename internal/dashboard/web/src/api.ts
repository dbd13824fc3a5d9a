// Requests to the API. The types of requests and responses are made from openapi.yaml.
import createClient, {type Middleware} from 'openapi-fetch'
import type {components, paths} from './schema'
import {authorization, refused} from './auth'
import {tenant} from './location'

type Schemas = components['schemas']
export type Run = Schemas['Run']
export type Job = Schemas['Job']
export type Config = Schemas['Config']

/** An error response of the API. */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		message: string,
		readonly reason = '',
		readonly fields: Schemas['FieldError'][] = [],
		/** The seconds after which the service asks to be called again, or 0. */
		readonly retryAfter = 0,
	) {
		super(message)
	}
}

/** The service did not respond. Whether it did what was asked is unknown. */
export class NoResponse extends Error {}

/** message says what went wrong, for people. */
export function message(error: unknown): string {
	if (error instanceof NoResponse) return 'the service does not respond'
	if (!(error instanceof ApiError)) return String(error)
	const fields = error.fields.flatMap(f => f.errors.map(e => `${f.field} ${e.message}`))
	return [error.message, ...fields].join('; ') + (error.reason ? ` (${error.reason})` : '')
}

// The API is beside the page, also behind a stage or a path of a custom domain.
export const base = new URL('.', document.baseURI).href.replace(/\/$/, '')

const identify: Middleware = {
	onRequest({request}) {
		for (const [name, value] of Object.entries(identity())) request.headers.set(name, value)
		return request
	},
	async onResponse({request, response}) {
		if (response.status === 401) refused(request.headers.get('Authorization'))
		if (!response.ok && response.status !== 304) throw await apiError(response)
		return response
	},
	onError({error}) {
		return error instanceof TypeError ? new NoResponse() : undefined // fetch fails with a TypeError
	},
}

/** identity returns the header fields that say who calls, and for which tenant. */
export function identity(): Record<string, string> {
	const fields: Record<string, string> = {}
	const token = authorization()
	if (token) fields['Authorization'] = token
	if (tenant()) fields['X-Tenant-Id'] = tenant()
	return fields
}

async function apiError(response: Response): Promise<ApiError> {
	// A gateway responds with a message only, or with no JSON.
	const body = (await response.json().catch(() => undefined)) ?? {}
	const message = typeof body.message === 'string' ? body.message : response.statusText
	const retryAfter = Number(response.headers.get('Retry-After')) || 0
	return new ApiError(response.status, message, body.reason, body.fields, retryAfter)
}

/** api calls the operations of the API. A call fails with an ApiError, or with NoResponse. */
export const api = createClient<paths>({baseUrl: base})
api.use(identify)
