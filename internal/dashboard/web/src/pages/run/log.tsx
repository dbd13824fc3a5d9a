// The log of a run: what happened to each URL.
import {useState} from 'preact/hooks'
import {api} from '../../api'
import {Failure} from '../../components/failure'
import {Pager} from '../../components/pager'
import {Time} from '../../components/time'
import {bytes, count} from '../../format'
import {go, href, type Location} from '../../location'
import {useLoad} from '../../poll'
import {useChanged} from './changed'
import {Facts} from './facts'
import {Filters, query, without} from './filters'
import {logFilters} from './logfilters'
import {Outcome} from './outcome'
import {ms} from './overview'
import type {TabProps} from './run'
import type {LogEntry} from './types'
import {visible} from './url'

export function LogTab({run, location}: TabProps) {
	const [live, setLive] = useState(true)
	const filter = query(location, logFilters)
	const open = location.params.get('open')
	// Only the first page grows. It keeps still while a URL is open, so that it does not move away.
	const follows = run.status === 'running' && !filter.page
	const {data, error, reload} = useLoad('log ' + run.id + JSON.stringify(filter), async signal => {
		const query = {per_page: 50, ...filter} as never
		const {data} = await api.GET('/v1/runs/{run_id}/logs', {signal, params: {path: {run_id: run.id}, query}})
		return data!
	}, () => (follows && live && !open ? 2000 : undefined))
	useChanged(run.status + (live && !open), reload)

	const items = data?.items ?? []
	// The only entry of one URL is open without a click.
	const opened = open ?? (filter.url && items.length === 1 ? items[0]!.id : null)
	return (
		<>
			<div class="run-bar">
				<h2 class="hidden">Log</h2>
				<Filters location={location} filters={logFilters} />
				{follows && (
					<label class="live"><input type="checkbox" checked={live} onChange={e => setLive(e.currentTarget.checked)} /> Live{live && open ? ', when the URL is closed' : ''}</label>
				)}
			</div>
			<Failure of={error} />
			{data && items.length === 0 && !data.next_page && <Nothing run={run} location={location} />}
			{!data && error === undefined && <p class="weak" role="status">Loading the log …</p>}
			{items.length > 0 && (
				<table class="cards log">
					<thead>
						<tr><th scope="col">Outcome</th><th scope="col">URL</th><th scope="col" class="number">Latency</th><th scope="col" class="number">Bytes</th><th scope="col" class="number">Depth</th><th scope="col">When</th></tr>
					</thead>
					<tbody>
						{items.map(entry => <Row key={entry.id} entry={entry} run={run} open={entry.id === opened} location={location} />)}
					</tbody>
				</table>
			)}
			{data && <Pager location={location} next={data.next_page} searchedUntil={data.searched_until} items={items.length} />}
		</>
	)
}

function Nothing({run, location}: Pick<TabProps, 'run' | 'location'>) {
	const filtered = logFilters.some(f => location.params.has(f.name))
	if (filtered) return <p>No entry matches. <a href={without(location, logFilters)}>Remove all filters</a></p>
	return <p>{run.status === 'finished' ? 'The run recorded nothing.' : 'Nothing is recorded yet.'}</p>
}

function Row({entry, run, open, location}: {entry: LogEntry; run: TabProps['run']; open: boolean; location: Location}) {
	const toggle = () => {
		const params = new URLSearchParams(location.params)
		if (open) params.delete('open')
		else params.set('open', entry.id)
		go(href(location.path, params), true)
	}
	const facts = 'facts-' + entry.id
	return (
		<>
			<tr class={open ? 'opened' : ''}>
				<td><Outcome of={entry} /></td>
				<td class="main">
					<button type="button" class="row" aria-expanded={open} aria-controls={open ? facts : undefined} onClick={toggle}>
						<bdi class="cut" title={entry.url}>{visible(entry.url)}</bdi>
					</button>
					{entry.title && <span class="page-title weak"><bdi>{visible(entry.title)}</bdi></span>}
				</td>
				<td class="number" data-label="Latency">{entry.latency_ms === null ? null : ms(entry.latency_ms)}</td>
				<td class="number" data-label="Bytes">{entry.bytes === null ? null : bytes(entry.bytes)}</td>
				<td class="number" data-label="Depth">{count(entry.depth)}</td>
				<td class="when"><Time at={entry.occurred_at} /></td>
			</tr>
			{open && <tr class="facts" id={facts}><td colSpan={6}><Facts entry={entry} run={run} /></td></tr>}
		</>
	)
}
