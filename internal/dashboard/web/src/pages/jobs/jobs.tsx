// The list of jobs.
import {api, type Job} from '../../api'
import type {PageProps} from '../../app'
import {Failure} from '../../components/failure'
import {Labels} from '../../components/labels'
import {Pager} from '../../components/pager'
import {Time} from '../../components/time'
import {href} from '../../location'
import {useLoad} from '../../poll'
import {filters} from '../runs/filters'
import {DeleteJob, RunNow} from './jobactions'
import {JobFilters, jobQuery, labelHref} from './jobfilters'
import './jobs.css'
import {seedsInShort} from './words'

/** Jobs change only when somebody changes them. */
const interval = 15_000

export function Jobs({location}: PageProps) {
	const query = jobQuery(location)
	const {data, error, reload} = useLoad('jobs ' + query, async signal => {
		const {data} = await api.GET('/v1/jobs', {signal, params: {}, querySerializer: () => query})
		return data!
	}, interval, {remember: true})
	return (
		<div class="jobs-page">
			<div class="title">
				<h1>Jobs</h1>
				<a class="button primary" href={href('/jobs/new')}>New job</a>
			</div>
			<JobFilters location={location} />
			<Failure of={error} />
			{!data && !error && <p class="weak">Loading…</p>}
			{data && data.items.length > 0 && <JobTable jobs={data.items} onChange={reload} />}
			{data?.items.length === 0 && !data.next_page && <Empty filtered={filters(location).length > 0} />}
			{data && <Pager location={location} next={data.next_page} searchedUntil={data.searched_until} items={data.items.length} />}
		</div>
	)
}

function Empty({filtered}: {filtered: boolean}) {
	if (filtered) return <p class="no-rows">No job matches the filters. <a href={href('/jobs')}>Show all jobs</a></p>
	return <p class="no-rows">There are no jobs yet. A job describes a crawl; each of its runs executes it. <a href={href('/jobs/new')}>Create a job</a></p>
}

function JobTable({jobs, onChange}: {jobs: Job[]; onChange: () => void}) {
	return (
		<div class="scroll">
			<table class="job-table">
				<thead>
					<tr><th scope="col">Job</th><th scope="col">Labels</th><th scope="col">Seeds</th><th scope="col">Created</th><th scope="col">Changed</th><th scope="col">Actions</th></tr>
				</thead>
				<tbody>{jobs.map(job => <JobRow key={job.id} job={job} onChange={onChange} />)}</tbody>
			</table>
		</div>
	)
}

function JobRow({job, onChange}: {job: Job; onChange: () => void}) {
	const {first, more} = seedsInShort(job.config)
	return (
		<tr>
			<th scope="row" class="name"><a href={href('/jobs/' + job.id)} title={job.name}><bdi>{job.name}</bdi></a></th>
			<td data-label="Labels"><Labels of={job.labels} link={labelHref} /></td>
			<td data-label="Seeds" class="seeds"><div><bdi title={first}>{first}</bdi> <span class="weak">{more}</span></div></td>
			<td data-label="Created"><Time at={job.created_at} /></td>
			<td data-label="Changed"><Time at={job.updated_at} /></td>
			<td class="row-actions">
				<div class="actions">
					<RunNow job={job} />
					<a class="button" href={href(`/jobs/${job.id}/edit`)} aria-label={`Edit ${job.name}`}>Edit</a>
					<DeleteJob job={job} onDeleted={onChange} />
				</div>
			</td>
		</tr>
	)
}
