// The artifacts that a run keeps.
import {api} from '../../api'
import {Failure} from '../../components/failure'
import {Pager} from '../../components/pager'
import {href} from '../../location'
import {useLoad} from '../../poll'
import {ArtifactItem} from './artifact'
import {Filters, query, without} from './filters'
import {keepers} from './keepers'
import {artifactFilters} from './logfilters'
import type {TabProps} from './run'
import {LogLink} from './url'

export function ArtifactsTab({run, location}: TabProps) {
	const pipelines = keepers(run)
	const filters = artifactFilters(pipelines)
	const filter = query(location, filters)
	const {data, error, reload} = useLoad('artifacts ' + run.id + JSON.stringify(filter), async signal => {
		const {data} = await api.GET('/v1/artifacts', {signal, params: {query: {per_page: 25, ...filter, run_ids: [run.id]} as never}})
		return data!
	})
	if (pipelines.length === 0) {
		return (
			<p>
				The run keeps nothing of the responses: its configuration has no pipeline with a <code>to_blob</code> action.{' '}
				<a href={href(`/jobs/${run.job_id}/edit`)}>Edit the job</a> to keep pages in its next run.
			</p>
		)
	}
	const filtered = filters.some(f => location.params.has(f.name))
	return (
		<>
			<div class="run-bar">
				<h2 class="hidden">Artifacts</h2>
				<Filters location={location} filters={filters} />
				{run.status !== 'finished' && <button type="button" onClick={reload}>Refresh</button>}
			</div>
			<Failure of={error} />
			{!data && error === undefined && <p class="weak" role="status">Loading the artifacts …</p>}
			{data && data.items.length === 0 && !data.next_page && (
				<p>{filtered ? <>No artifact matches. <a href={without(location, filters)}>Remove all filters</a></> : 'Nothing is kept yet.'}</p>
			)}
			{data && data.items.length > 0 && (
				<ul class="artifacts">
					{data.items.map(a => <li key={a.id}><LogLink run={run.id} url={a.url} /><ArtifactItem of={a} /></li>)}
				</ul>
			)}
			{data && <Pager location={location} next={data.next_page} searchedUntil={data.searched_until} items={data.items.length} />}
		</>
	)
}
