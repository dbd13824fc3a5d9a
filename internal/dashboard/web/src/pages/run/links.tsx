// The URLs that a run knows, by what became of them.
import {api} from '../../api'
import {Failure} from '../../components/failure'
import {Pager} from '../../components/pager'
import {useLoad} from '../../poll'
import {Filters, query, without} from './filters'
import {linkFilters} from './logfilters'
import type {TabProps} from './run'
import {LogLink, Url, visible} from './url'

export function LinksTab({run, location}: TabProps) {
	const filter = query(location, linkFilters)
	const {data, error, reload} = useLoad('links ' + run.id + JSON.stringify(filter), async signal => {
		const query = {per_page: 50, ...filter} as never
		const {data} = await api.GET('/v1/runs/{run_id}/links', {signal, params: {path: {run_id: run.id}, query}})
		return data!
	})
	const filtered = linkFilters.some(f => location.params.has(f.name))
	const items = data?.items ?? []
	return (
		<>
			<div class="run-bar">
				<h2 class="hidden">URLs</h2>
				<Filters location={location} filters={linkFilters} />
				{run.status !== 'finished' && <button type="button" onClick={reload}>Refresh</button>}
			</div>
			<Failure of={error} />
			{!data && error === undefined && <p class="weak" role="status">Loading the URLs …</p>}
			{data && items.length === 0 && !data.next_page && (
				<p>{filtered ? <>No URL matches. <a href={without(location, linkFilters)}>Remove all filters</a></> : 'The run knows no URL yet.'}</p>
			)}
			{data?.searched && <p class="searched" role="status">The service has read {Math.floor(100 * data.searched.parts / data.searched.of)}% of the log. Continue the search for more.</p>}
			{items.length > 0 && (
				<table class="cards links">
					<thead><tr><th scope="col">State</th><th scope="col">URL</th><th scope="col">Referrer</th><th scope="col" class="number">Depth</th></tr></thead>
					<tbody>
						{items.map(l => (
							<tr key={l.url_hash}>
								<td><span class={'outcome ' + l.state}><strong>{l.http_status ?? l.state}</strong>{l.error_reason && l.error_reason !== 'http_status' && ' ' + l.error_reason}</span></td>
								<td class="main">
									{l.id === null ? <Url of={l.url} /> : <LogLink run={run.id} url={l.url} />}
									{l.title && <span class="page-title weak"><bdi>{visible(l.title)}</bdi></span>}
								</td>
								<td data-label="Referrer">{l.referrer && <LogLink run={run.id} url={l.referrer} />}</td>
								<td class="number" data-label="Depth">{l.depth}</td>
							</tr>
						))}
					</tbody>
				</table>
			)}
			{data && <Pager location={location} next={data.next_page} searchedUntil={data.searched_until} items={items.length} />}
		</>
	)
}
