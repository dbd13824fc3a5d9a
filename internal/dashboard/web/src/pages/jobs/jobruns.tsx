// The runs of a job, and the choice of two to compare.
import {useState} from 'preact/hooks'
import {api, type Run} from '../../api'
import {Failure} from '../../components/failure'
import {Pager} from '../../components/pager'
import {Progress} from '../../components/progress'
import {RunActions} from '../../components/runactions'
import {StatusBadge} from '../../components/status'
import {Time} from '../../components/time'
import {count, duration} from '../../format'
import {go, href, type Location} from '../../location'
import {useLoad} from '../../poll'
import {stopReasons} from '../../reasons'

const statuses: Run['status'][] = ['pending', 'running', 'paused', 'finished']
const reasons = Object.keys(stopReasons) as NonNullable<Run['stop_reason']>[]

/** JobRuns shows the runs of a job, live while one is unfinished. */
export function JobRuns({location, id}: {location: Location; id: string}) {
	const query = runQuery(location.params)
	const {data, error, reload} = useLoad(`runs of ${id} ${JSON.stringify(query)}`, async signal => {
		const {data} = await api.GET('/v1/jobs/{job_id}/runs', {signal, params: {path: {job_id: id}, query: {...query, view: 'summary', per_page: 25}}})
		return data!
	}, data => (data.items.some(run => run.status !== 'finished') ? 2000 : 10_000), {remember: true})
	const [chosen, setChosen] = useState<Chosen[]>([])
	const filtered = query.statuses !== undefined || query.stop_reasons !== undefined
	const rows = data?.items ?? []
	return (
		<section aria-labelledby="runs-title">
			<h2 id="runs-title">Runs</h2>
			<RunFilters location={location} />
			<Failure of={error} />
			<CompareBar id={id} chosen={chosen} runs={rows} first={!location.params.has('page') && !filtered} onClear={() => setChosen([])} />
			{rows.length > 0 && <RunTable runs={rows} chosen={chosen} onChoose={setChosen} onChange={reload} />}
			{data && rows.length === 0 && !data.next_page && (
				<p class="no-rows">{filtered ? 'No run matches the filters.' : 'This job has no runs yet. Create one to crawl its seeds.'}</p>
			)}
			{data && <Pager location={location} next={data.next_page} searchedUntil={data.searched_until} items={rows.length} />}
		</section>
	)
}

function runQuery(params: URLSearchParams) {
	const all = (name: string) => params.has(name) ? params.getAll(name) : undefined
	return {
		statuses: all('statuses') as Run['status'][] | undefined,
		stop_reasons: all('stop_reasons') as NonNullable<Run['stop_reason']>[] | undefined,
		page: params.get('page') ?? undefined,
	}
}

function RunFilters({location}: {location: Location}) {
	const select = (name: string, value: string) => {
		const params = new URLSearchParams(location.params)
		params.delete('page')
		params.delete(name)
		if (value) params.set(name, value)
		go(href(location.path, params), true)
	}
	const choice = (name: string, label: string, values: string[]) => (
		<label>{label} <select value={location.params.get(name) ?? ''} onChange={e => select(name, e.currentTarget.value)}>
			<option value="">any</option>
			{values.map(v => <option key={v} value={v}>{v}</option>)}
		</select></label>
	)
	return <div class="run-filters">{choice('statuses', 'Status', statuses)}{choice('stop_reasons', 'Stop reason', reasons)}</div>
}

type Chosen = Pick<Run, 'id' | 'created_at'>

/** compareHref returns the link to the comparison of two runs, the earlier one first. */
function compareHref(id: string, runs: Chosen[]): string {
	const [a, b] = [...runs].sort((x, y) => (x.created_at < y.created_at ? -1 : 1))
	return href(`/jobs/${id}/compare`, {a: a!.id, b: b!.id})
}

/** CompareBar leads to the comparison of the two chosen runs, or else of the last two. */
function CompareBar({id, chosen, runs, first, onClear}: {id: string; chosen: Chosen[]; runs: Run[]; first: boolean; onClear: () => void}) {
	if (runs.length < 2 && chosen.length === 0) return null
	return (
		<div class="compare-bar" role="status">
			{chosen.length === 0 && <span class="weak">Choose two runs to compare them.</span>}
			{chosen.length === 1 && <span>One run is chosen. Choose another one.</span>}
			{chosen.length === 2 && <a class="button primary" href={compareHref(id, chosen)}>Compare the chosen runs</a>}
			{chosen.length > 0 && <button type="button" onClick={onClear}>Choose none</button>}
			{chosen.length === 0 && first && runs.length >= 2 && <a href={compareHref(id, runs.slice(0, 2))}>Compare the last two</a>}
		</div>
	)
}

interface TableProps {
	runs: Run[]
	chosen: Chosen[]
	onChoose: (chosen: Chosen[]) => void
	onChange: () => void
}

function RunTable({runs, chosen, onChoose, onChange}: TableProps) {
	return (
		<div class="scroll">
			<table class="job-table">
				<thead>
					<tr>
						<th scope="col">Compare</th><th scope="col">Run</th><th scope="col">Status</th><th scope="col" class="number">URLs</th>
						<th scope="col" class="number">Failed</th><th scope="col">Took</th><th scope="col">Actions</th>
					</tr>
				</thead>
				<tbody>
					{runs.map(run => <RunRow key={run.id} run={run} chosen={chosen} onChoose={onChoose} onChange={onChange} />)}
				</tbody>
			</table>
		</div>
	)
}

function RunRow({run, chosen, onChoose, onChange}: {run: Run} & Omit<TableProps, 'runs'>) {
	const on = chosen.some(c => c.id === run.id)
	const choose = () => onChoose(on ? chosen.filter(c => c.id !== run.id) : [...chosen, {id: run.id, created_at: run.created_at}])
	return (
		<tr>
			<td data-label="Compare"><input type="checkbox" class="choose" checked={on} disabled={!on && chosen.length === 2} aria-label={`Compare the run ${run.id.slice(-8)}`} onChange={choose} /></td>
			<th scope="row" class="name"><a href={href('/runs/' + run.id)} title={run.id}>…{run.id.slice(-8)}</a> <span class="weak"><Time at={run.created_at} /></span></th>
			<td data-label="Status"><StatusBadge run={run} /></td>
			<td data-label="URLs" class="number"><Progress run={run} /></td>
			<td data-label="Failed" class="number">{count(run.progress.urls_failed)}</td>
			<td data-label="Took">{run.started_at ? duration(Date.parse(run.finished_at ?? new Date().toISOString()) - Date.parse(run.started_at)) : '–'}</td>
			<td class="row-actions"><RunActions run={run} onChange={onChange} /></td>
		</tr>
	)
}
