// Loading data again and again while a page is shown.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks'
import {ApiError} from './api'
import {isTransient, noteConnection} from './connection'
import {tenant} from './location'

/** hiddenInterval is the time between two loads while the tab is in the background, in ms. */
const hiddenInterval = 60_000

/** The time until a load that failed is repeated, in ms. It doubles with each failure in a row. */
const firstRetry = 1000
const lastRetry = 30_000

/** kept is how many results are kept for when the user returns to their pages. */
const kept = 20

export interface Loaded<T> {
	data?: T
	/**
	 * Why the last load failed; data is then that of the load before. While the service does not
	 * respond or is busy there is no error: the frame says so, and the load is repeated.
	 */
	error?: unknown
	/** Loads at once. */
	reload: () => void
}

/**
 * The time until the next load, in ms, or undefined for none. It may depend on the data of the last
 * one.
 */
export type Interval<T> = number | undefined | ((data: T) => number | undefined)

interface State {
	key: string
	data?: unknown
	json?: string // of data
	error?: unknown
}

// The latest results that are remembered, by key, the oldest first.
const results = new Map<string, State>()

function remember(state: State) {
	results.delete(state.key)
	results.set(state.key, state)
	if (results.size > kept) results.delete(results.keys().next().value!)
}

/** forgetResults forgets all results, as is needed when another user signs in. */
export const forgetResults = (): void => results.clear()

export interface LoadOptions {
	/**
	 * Show the last result at once when the user returns to a page. No other page may use its key.
	 */
	remember?: boolean
}

/**
 * useLoad loads data, and loads it again interval ms after each load, until the key changes.
 * Without an interval it loads once. The key must name all that the data depends on but the tenant.
 * The data stays the same object while its content does not change. A tab in the background loads
 * rarely, and at once when it is shown again. A load that failed because the service did not
 * respond or was busy is repeated, at the time that the service asks for. After other errors of the
 * request (4xx) nothing is loaded until reload is called.
 */
export function useLoad<T>(
	name: string,
	load: (signal: AbortSignal) => Promise<T>,
	interval?: Interval<T>,
	options: LoadOptions = {},
): Loaded<T> {
	const key = tenant() + ' ' + name // a tenant's name has no space
	const [state, setState] = useState<State>(() => (options.remember && results.get(key)) || {key})
	const [turn, setTurn] = useState(0)
	const latest = useRef({load, interval, options})
	latest.current = {load, interval, options}
	const reload = useCallback(() => setTurn(t => t + 1), [])

	useEffect(() => {
		const abort = new AbortController()
		let timer: number | undefined
		let failures = 0
		const update = (change: (last: State) => State) =>
			setState(s => {
				const last = s.key === key ? s : {key}
				const next = change(last)
				if (next !== last && latest.current.options.remember) remember(next)
				return next
			})
		const wait = (ms: number | undefined) => {
			if (ms === undefined || abort.signal.aborted) return
			timer = window.setTimeout(run, document.hidden ? Math.max(ms, hiddenInterval) : ms)
		}
		const run = async () => {
			timer = undefined
			try {
				const data = await latest.current.load(abort.signal)
				if (abort.signal.aborted) return
				failures = 0
				noteConnection()
				const json = JSON.stringify(data)
				update(s =>
					s.json !== undefined && s.json === json && s.error === undefined
						? s
						: {key, json, data: s.json === json ? s.data : data},
				)
				const {interval} = latest.current
				wait(typeof interval === 'function' ? interval(data) : interval)
			} catch (error) {
				if (abort.signal.aborted) return
				noteConnection(error)
				if (isTransient(error)) {
					wait(retryTime(error, failures++))
					return
				}
				update(s => ({...s, error}))
				if (error instanceof ApiError && error.status < 500) return
				wait(retryTime(error, failures++))
			}
		}
		const now = () => {
			if (document.hidden || timer === undefined) return
			window.clearTimeout(timer)
			run()
		}
		run()
		document.addEventListener('visibilitychange', now)
		window.addEventListener('online', now)
		return () => {
			abort.abort()
			window.clearTimeout(timer)
			document.removeEventListener('visibilitychange', now)
			window.removeEventListener('online', now)
		}
	}, [key, turn])

	const shown = state.key === key ? state : options.remember ? results.get(key) : undefined
	return {data: shown?.data as T | undefined, error: shown?.error, reload}
}

/** retryTime returns the time in ms until a load is repeated after some failures in a row. */
function retryTime(error: unknown, failures: number): number {
	if (error instanceof ApiError && error.retryAfter) return error.retryAfter * 1000
	return Math.min(firstRetry * 2 ** failures, lastRetry)
}
