// The list of runs.
import {api} from '../api'
import type {PageProps} from '../app'
import {Failure} from '../components/failure'
import {StatusBadge} from '../components/status'
import {count, since} from '../format'
import {href, tenant} from '../location'
import {useLoad} from '../poll'

export function Runs({location}: PageProps) {
	const {data, error} = useLoad('runs ' + tenant() + ' ' + location.params, async signal => {
		const {data} = await api.GET('/v1/runs', {signal, params: {query: {view: 'summary', per_page: 50}}})
		return data!
	}, 2000)
	return (
		<>
			<h1>Runs</h1>
			<Failure of={error} />
			<table>
				<thead><tr><th>Run</th><th>Job</th><th>Status</th><th>URLs</th><th>Age</th></tr></thead>
				<tbody>
					{data?.items.map(run => (
						<tr key={run.id}>
							<td><a href={href('/runs/' + run.id)}>{run.id.slice(0, 8)}</a></td>
							<td>{run.job_name}</td>
							<td><StatusBadge run={run} /></td>
							<td>{count(run.progress.urls_fetched)}</td>
							<td>{since(run.created_at)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</>
	)
}
