// A run that is followed while it is shown.
import {useEffect, useState} from 'preact/hooks'
import {api, ApiError, type Run} from '../../api'
import {isTransient, noteConnection} from '../../connection'
import {readEvents} from './events'
import type {LogEntry} from './types'

/** The time between two attempts to reach the service grows between these bounds, in ms. */
const retryAfter = {min: 1000, max: 15_000}

/** recentEntries bounds how many of the last log entries are kept. */
const recentEntries = 20

interface State {
	run?: Run
	/** error is set if the run cannot be shown, such as 404. */
	error?: unknown
	/** deleted says that the run was deleted while it was shown. run is then what it was. */
	deleted: boolean
	/** recent has log entries that were recorded while the run was shown, the newest first. */
	recent: LogEntry[]
}

/** Followed is a run as far as it is known. */
export interface Followed extends State {
	/** set replaces the run, after an action whose response has it. */
	set: (run: Run) => void
	/** remove says that the user deleted the run. */
	remove: () => void
}

/** useRun follows a run until it is finished. A tab in the background does not follow it. */
export function useRun(id: string): Followed {
	const [state, setState] = useState<State>({deleted: false, recent: []})

	useEffect(() => {
		const follower = new Follower(id, change => setState(s => ({...s, ...change(s)})))
		const visible = () => (document.hidden ? follower.stop() : follower.start())
		visible()
		document.addEventListener('visibilitychange', visible)
		return () => {
			document.removeEventListener('visibilitychange', visible)
			follower.stop()
		}
	}, [id])

	return {
		...state,
		set: run => setState(s => ({...s, run: {...s.run, ...run}})),
		remove: () => setState(s => ({...s, deleted: true})),
	}
}

/**
 * How to follow a run: by its stream, by requests that wait for its status, or by plain requests.
 */
type Way = 'stream' | 'wait' | 'poll'

class Follower {
	private way: Way = 'stream'
	private abort?: AbortController
	private status?: Run['status']
	private ended = false

	constructor(private id: string, private change: (by: (before: State) => Partial<State>) => void) {}

	start() {
		if (this.abort || this.ended) return
		this.abort = new AbortController()
		void this.follow(this.abort.signal)
	}

	stop() {
		this.abort?.abort()
		this.abort = undefined
	}

	private async follow(signal: AbortSignal) {
		let delay = retryAfter.min
		while (!signal.aborted) {
			try {
				await this.load(signal)
				if (this.ended) return
				delay = retryAfter.min
				await this.ways[this.way](signal)
				// A proxy may end streams as soon as they begin.
				if (!this.ended) await sleep(500, signal)
			} catch (error) {
				if (signal.aborted) return
				noteConnection(error)
				if (!isTransient(error)) return this.fail(error)
				await sleep(delay, signal)
				delay = Math.min(2 * delay, retryAfter.max)
			}
		}
	}

	private async load(signal: AbortSignal, wait?: string) {
		const {data} = await api.GET('/v1/runs/{run_id}', {signal, params: {path: {run_id: this.id}, query: {wait}}})
		noteConnection()
		this.show(data!)
	}

	/**
	 * show shows a run, or what an event says of it. The configuration never changes, and no event
	 * has it.
	 */
	private show(run: Partial<Run>) {
		this.status = run.status
		this.ended = run.status === 'finished'
		this.change(({run: before}) => ({run: {...before, ...run} as Run, error: undefined}))
	}

	private fail(error: unknown) {
		this.ended = true
		const gone = error instanceof ApiError && error.status === 404
		this.change(({run}) => (run && gone ? {deleted: true} : {error}))
	}

	private ways: Record<Way, (signal: AbortSignal) => Promise<void>> = {
		stream: async signal => {
			const body = await this.open(signal)
			if (!body) return
			try {
				for await (const {name, data} of readEvents(body)) {
					if (name === 'end') return
					if (name === 'run' || name === 'progress') this.show(JSON.parse(data))
					if (name === 'logs') this.remember(JSON.parse(data).items)
				}
			} catch (error) {
				if (!(error instanceof TypeError)) throw error // it is one if the connection is lost
			}
		},
		// The progress is as old as the last response. So the wait for a run that crawls is short.
		wait: async signal => {
			try {
				while (!this.ended && !signal.aborted) await this.load(signal, this.status === 'running' ? '5s' : '20s')
			} catch (error) {
				if (!(error instanceof ApiError && error.status === 422)) throw error
				this.way = 'poll'
			}
		},
		poll: signal => sleep(1500, signal),
	}

	/** open opens the stream. Without one, as on AWS, or with too many, it chooses another way. */
	private async open(signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null | undefined> {
		try {
			const {data} = await api.GET('/v1/runs/{run_id}/events', {signal, parseAs: 'stream', params: {path: {run_id: this.id}}})
			return data
		} catch (error) {
			if (!(error instanceof ApiError)) throw error
			this.way = 'wait'
			return undefined
		}
	}

	private remember(items: LogEntry[]) {
		this.change(({recent}) => ({recent: [...items.reverse(), ...recent].slice(0, recentEntries)}))
	}
}

/** sleep waits, or less if the signal is aborted. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		const timer = setTimeout(resolve, ms)
		signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), {once: true})
	})
}
