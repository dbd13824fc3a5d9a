// Reading the URLs of a run for a comparison.
import {api, ApiError} from '../../api'
import {isTransient} from '../../connection'
import type {Found, Side} from './diff'

/**
 * maxUrls bounds the URLs that are read of each run. A page of the list has 100, so this takes 200
 * requests.
 */
export const maxUrls = 20_000

const perPage = 100

/** Progress tells how far a walk is. */
export interface WalkProgress {
	urls: number
	/** The parts of the log that the service searched, while it finds nothing. */
	searched: {parts: number; of: number} | null
}

/** Scope restricts a walk. An empty prefix is no restriction. */
export interface Scope {
	run: string
	prefix: string
}

/**
 * walkLinks reads the URLs that a run knows, each with its state when the walk began, up to
 * maxUrls. Pages may be short or empty: only the lack of a next page is the end.
 */
export async function walkLinks({run, prefix}: Scope, signal: AbortSignal, onProgress: (p: WalkProgress) => void): Promise<Side> {
	const urls = new Map<string, Found>()
	let page: string | undefined
	do {
		const query = {per_page: perPage, page, url_prefix: prefix || undefined}
		const {data} = await patiently(signal, () => api.GET('/v1/runs/{run_id}/links', {signal, params: {path: {run_id: run}, query}}))
		for (const {url, url_hash, state, http_status, error_reason} of data!.items) {
			urls.set(url_hash, {url, url_hash, state, http_status, error_reason})
		}
		onProgress({urls: urls.size, searched: data!.searched})
		page = data!.next_page ?? undefined
	} while (page && urls.size < maxUrls)
	return {urls, complete: !page}
}

/**
 * readRedirects adds to the URLs of a run where they redirect. The list of links does not have
 * that, so it is read from the log, which has the most recent entry of a URL first and the one of
 * the links last.
 */
export async function readRedirects({run, prefix}: Scope, urls: Map<string, Found>, signal: AbortSignal): Promise<void> {
	let page: string | undefined
	for (let read = 0; read < maxUrls; read += perPage) {
		const query = {per_page: perPage, page, url_prefix: prefix || undefined, http_statuses: ['3xx']}
		const {data} = await patiently(signal, () => api.GET('/v1/runs/{run_id}/logs', {signal, params: {path: {run_id: run}, query}}))
		for (const {url_hash, redirect_url} of data!.items) {
			const found = urls.get(url_hash)
			if (found) found.redirect_url = redirect_url
		}
		page = data!.next_page ?? undefined
		if (!page) return
	}
}

/** haveRedirects reports whether a URL redirected in both runs. */
export function haveRedirects(a: Side, b: Side): boolean {
	for (const [hash, found] of a.urls) {
		if (isRedirect(found) && isRedirect(b.urls.get(hash))) return true
	}
	return false
}

const isRedirect = (u: Found | undefined) => u !== undefined && u.http_status !== null && u.http_status >= 300 && u.http_status < 400

/** The pauses before a request is repeated, in ms. */
const pauses = [1000, 2000, 4000, 8000, 15_000]

/** patiently repeats a request while the service is busy or does not respond. */
async function patiently<T>(signal: AbortSignal, request: () => Promise<T>): Promise<T> {
	for (const pause of pauses) {
		try {
			return await request()
		} catch (error) {
			if (signal.aborted || !isTransient(error)) throw error
			await sleep(error instanceof ApiError && error.retryAfter ? error.retryAfter * 1000 : pause, signal)
		}
	}
	return request()
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const timer = window.setTimeout(resolve, ms)
		signal.addEventListener('abort', () => { window.clearTimeout(timer); reject(signal.reason) }, {once: true})
	})
}
