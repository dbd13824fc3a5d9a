// The state of a comparison of two runs.
import {useEffect, useState} from 'preact/hooks'
import {api, type Run} from '../../api'
import {tenant} from '../../location'
import {compare, type Comparison} from './diff'
import {haveRedirects, readRedirects, walkLinks, type WalkProgress} from './walk'

/** Compared is a comparison, and what was compared. */
export interface Compared {
	runs: [Run, Run] // as they were before their URLs were read
	comparison: Comparison
	complete: [boolean, boolean] // whether all URLs of each run were read
}

export interface Comparing {
	runs?: [Run, Run]
	progress: [WalkProgress | undefined, WalkProgress | undefined]
	result?: Compared
	error?: unknown
	cancelled: boolean
	cancel: () => void
	again: () => void
}

type State = Pick<Comparing, 'runs' | 'progress' | 'result' | 'error' | 'cancelled'>
const begin: State = {progress: [undefined, undefined], cancelled: false}

/** useComparison reads two runs and compares them. It stops when the page is left. */
export function useComparison(a: string, b: string, prefix: string): Comparing {
	const [state, setState] = useState<State>(begin)
	const [turn, setTurn] = useState(0)
	const [abort, setAbort] = useState<AbortController>()
	useEffect(() => {
		const abort = new AbortController()
		setAbort(abort)
		setState(begin)
		if (!a || !b) return
		const put = (to: Partial<State>) => { if (!abort.signal.aborted) setState(s => ({...s, ...to})) }
		read(a, b, prefix, abort.signal, put).catch(error => put({error}))
		return () => abort.abort()
	}, [tenant(), a, b, prefix, turn])
	const cancel = () => {
		abort?.abort()
		setState(s => ({...s, cancelled: true}))
	}
	return {...state, cancel, again: () => setTurn(t => t + 1)}
}

async function read(a: string, b: string, prefix: string, signal: AbortSignal, put: (to: Partial<State>) => void) {
	const get = async (id: string) => (await api.GET('/v1/runs/{run_id}', {signal, params: {path: {run_id: id}}})).data!
	const runs = await Promise.all([get(a), get(b)])
	put({runs})
	const progress: State['progress'] = [undefined, undefined]
	const walk = (i: 0 | 1, run: string) => walkLinks({run, prefix}, signal, p => {
		progress[i] = p
		put({progress: [...progress]})
	})
	const sides = await Promise.all([walk(0, a), walk(1, b)])
	if (haveRedirects(...sides)) {
		await Promise.all([readRedirects({run: a, prefix}, sides[0].urls, signal), readRedirects({run: b, prefix}, sides[1].urls, signal)])
	}
	put({result: {runs, comparison: compare(...sides), complete: [sides[0].complete, sides[1].complete]}})
}
