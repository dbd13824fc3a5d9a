// The pages that link to a URL.
import {useState} from 'preact/hooks'
import {api, type Run} from '../../api'
import {Failure} from '../../components/failure'
import type {Edge, LogEntry, Searched} from './types'
import {LogLink} from './url'

/** silentPages bounds how many pages without an edge are read before the user is asked. */
const silentPages = 20

interface Found {
	edges: Edge[]
	next?: string | null // undefined before the first page
	searched?: Searched
}

/**
 * LinksHere finds the pages that link to a URL, or redirect to it. The service must read the log
 * for it, so it begins when the user asks.
 */
export function LinksHere({run, entry}: {run: Run; entry: LogEntry}) {
	const [found, setFound] = useState<Found>({edges: []})
	const [busy, setBusy] = useState(false)
	const [error, setError] = useState<unknown>()
	const search = async () => {
		setBusy(true)
		setError(undefined)
		try {
			let {edges, next} = found
			const before = edges.length
			for (let i = 0; i < silentPages && next !== null && edges.length === before; i++) {
				const {data} = await api.GET('/v1/runs/{run_id}/edges', {
					params: {path: {run_id: run.id}, query: {to: [entry.url_hash], per_page: 50, page: next}},
				})
				edges = [...edges, ...data!.items]
				next = data!.next_page
				setFound({edges, next, searched: data!.searched as Searched})
			}
		} catch (e) {
			setError(e)
		} finally {
			setBusy(false)
		}
	}
	const {edges, next, searched} = found
	return (
		<section>
			<h3>Pages that link here</h3>
			{edges.length > 0 && (
				<ul class="edges">
					{edges.map((e, i) => <li key={i}><LogLink run={run.id} url={e.from} />{e.kind === 'redirect' && <span class="weak"> redirects here</span>}</li>)}
				</ul>
			)}
			{next === null && edges.length === 0 && <p>No page links here.</p>}
			{next === null && !run.config?.record?.edges && (
				<p class="weak">The run recorded the first link to each URL. With <code>record.edges</code> in the configuration, it records all.</p>
			)}
			<Failure of={error} />
			{next !== null && (
				<p>
					<button type="button" class="small" disabled={busy} onClick={search}>{next === undefined ? 'Find them' : 'Continue the search'}</button>
					{searched && <span class="weak" role="status"> {Math.floor(100 * searched.parts / searched.of)}% of the log is searched.</span>}
				</p>
			)}
		</section>
	)
}
