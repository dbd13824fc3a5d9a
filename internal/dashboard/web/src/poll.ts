// Loading data again and again while a page is shown.
import {useCallback, useEffect, useRef, useState} from 'preact/hooks'

/** hiddenInterval is the time between two loads while the tab is in the background, in ms. */
const hiddenInterval = 60_000

export interface Loaded<T> {
	data?: T
	error?: unknown // of the last load; data is then that of the load before
	reload: () => void
}

/**
 * useLoad loads data, and loads it again interval ms after each load, until the key changes. Without an
 * interval it loads once. A tab in the background loads rarely, and at once when it is shown again.
 */
export function useLoad<T>(key: string, load: (signal: AbortSignal) => Promise<T>, interval?: number | ((data: T | undefined) => number | undefined)): Loaded<T> {
	const [state, setState] = useState<{key: string; data?: T; error?: unknown}>({key})
	const [turn, setTurn] = useState(0)
	const latest = useRef({load, interval})
	latest.current = {load, interval}
	const reload = useCallback(() => setTurn(t => t + 1), [])

	useEffect(() => {
		const abort = new AbortController()
		let timer: number | undefined
		let data: T | undefined
		const wait = () => {
			const {interval} = latest.current
			const ms = typeof interval === 'function' ? interval(data) : interval
			if (ms === undefined || abort.signal.aborted) return
			timer = window.setTimeout(run, document.hidden ? Math.max(ms, hiddenInterval) : ms)
		}
		const run = async () => {
			timer = undefined
			try {
				data = await latest.current.load(abort.signal)
				if (!abort.signal.aborted) setState({key, data})
			} catch (error) {
				if (!abort.signal.aborted) setState(s => ({key, data: s.key === key ? s.data : undefined, error}))
			}
			wait()
		}
		const shown = () => {
			if (document.hidden || timer === undefined) return
			window.clearTimeout(timer)
			run()
		}
		run()
		document.addEventListener('visibilitychange', shown)
		return () => {
			abort.abort()
			window.clearTimeout(timer)
			document.removeEventListener('visibilitychange', shown)
		}
	}, [key, turn])

	return state.key === key ? {data: state.data, error: state.error, reload} : {reload}
}
