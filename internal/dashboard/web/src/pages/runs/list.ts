// Loading the list of runs.
import {useRef} from 'preact/hooks'
import {api, type Run} from '../../api'
import type {Location} from '../../location'
import {useLoad, type Loaded} from '../../poll'
import {query} from './filters'
import {Rates} from './rates'

/** The times between two loads in ms, while a run of the page is unfinished and while none is. */
const liveInterval = 2000
const idleInterval = 10_000

/** A page of the list. */
export interface Page {
	items: Run[]
	next_page: string | null
	searched_until: string | null
	rates: Record<string, number> // URLs per second, by the ids of runs
}

export interface List extends Loaded<Page> {
	/**
	 * The page that is shown, and its query. While other filters are loaded it is that of the last
	 * ones, and data is undefined.
	 */
	shown: {query: string; page: Page | undefined}
	stale: boolean
}

/** useList loads the page of runs that the address names, again and again. */
export function useList(location: Location): List {
	const sent = query(location)
	const rates = useRef(new Rates())
	const loaded = useLoad(
		'runs ' + sent,
		async (signal): Promise<Page> => {
			const {data} = await api.GET('/v1/runs', {signal, querySerializer: () => sent})
			return {...data!, rates: rates.current.add(data!.items, Date.now())}
		},
		page => (page.items.some(r => r.status !== 'finished') ? liveInterval : idleInterval),
		{remember: true},
	)
	const shown = useRef<List['shown']>({query: sent, page: undefined})
	if (loaded.data || loaded.error) shown.current = {query: sent, page: loaded.data}
	return {...loaded, shown: shown.current, stale: shown.current.query !== sent}
}
