// Whether the service responds. The frame shows it, so that pages need not.
import {useEffect, useState} from 'preact/hooks'
import {ApiError, NoResponse} from './api'

export type Connection = 'ok' | 'lost' | 'busy'

let now: Connection = 'ok'
const listeners = new Set<(c: Connection) => void>()

/** noteConnection notes how the last load went. */
export function noteConnection(error?: unknown): void {
	const next = !isTransient(error) ? 'ok' : error instanceof NoResponse ? 'lost' : 'busy'
	if (next === now) return
	now = next
	for (const listener of listeners) listener(now)
}

/**
 * isTransient tells whether the same request may succeed later: the service did not respond, or was
 * busy.
 */
export function isTransient(error: unknown): boolean {
	return error instanceof NoResponse || (error instanceof ApiError && [429, 502, 503, 504].includes(error.status))
}

/** useConnection returns whether the service responds, and renders again when that changes. */
export function useConnection(): Connection {
	const [state, set] = useState(now)
	useEffect(() => {
		listeners.add(set)
		return () => void listeners.delete(set)
	}, [])
	return state
}
