// A job and its runs.
import {useState} from 'preact/hooks'
import {api, ApiError, type Job as JobData} from '../../api'
import type {PageProps} from '../../app'
import {Failure} from '../../components/failure'
import {Labels} from '../../components/labels'
import {Time} from '../../components/time'
import {go, href} from '../../location'
import {useLoad} from '../../poll'
import {useTitle} from '../../title'
import {visible} from '../run/url'
import {DeleteJob, RunNow} from './jobactions'
import {labelHref} from './jobfilters'
import {JobRuns} from './jobruns'
import './jobs.css'
import {formatJson} from './json'
import {seedPlaces, stopsWhen} from './words'

/** Jobs change only when somebody changes them. */
const interval = 30_000

/** maxPlaces is how many seeds are shown at first. */
const maxPlaces = 8

export function Job({location, id}: PageProps) {
	const {data: job, error} = useLoad('job ' + id, async signal => {
		const {data} = await api.GET('/v1/jobs/{job_id}', {signal, params: {path: {job_id: id}}})
		return data!
	}, interval, {remember: true})
	useTitle('Job' + (job ? ' ' + job.name : ''))
	if (error instanceof ApiError && error.status === 404) return <NoJob id={id} />
	return (
		<div class="jobs-page">
			<nav class="crumbs" aria-label="Breadcrumbs"><a href={href('/jobs')}>Jobs</a></nav>
			<div class="title">
				<h1>{job ? <bdi>{job.name}</bdi> : 'Job'}</h1>
				{job && <JobButtons job={job} />}
			</div>
			<Failure of={error} />
			{!job && !error && <p class="weak">Loading…</p>}
			{job && <JobFacts job={job} />}
			{job && <JobRuns location={location} id={id} />}
		</div>
	)
}

function NoJob({id}: {id: string}) {
	return (
		<div class="jobs-page">
			<h1>Job</h1>
			<p role="alert">There is no such job in this tenant. If it was deleted, <a href={href('/runs', {job_ids: id})}>its runs</a> may still be there. <a href={href('/jobs')}>Show all jobs</a></p>
		</div>
	)
}

function JobButtons({job}: {job: JobData}) {
	return (
		<div class="actions">
			<RunNow job={job} primary />
			<a class="button" href={href(`/jobs/${job.id}/edit`)}>Edit</a>
			<a class="button" href={href('/jobs/new', {from: job.id})}>Duplicate</a>
			<DeleteJob job={job} onDeleted={() => go(href('/jobs'))} />
		</div>
	)
}

function JobFacts({job}: {job: JobData}) {
	return (
		<dl class="facts">
			<dt>Seeds</dt><dd><Seeds job={job} /></dd>
			<dt>A run ends</dt><dd>{stopsWhen(job.config).map(s => <span class="line" key={s}>{s}</span>)}</dd>
			{Object.keys(job.labels).length > 0 && <><dt>Labels</dt><dd><Labels of={job.labels} link={labelHref} /></dd></>}
			<dt>Created</dt><dd><Time at={job.created_at} /></dd>
			<dt>Changed</dt><dd><Time at={job.updated_at} /></dd>
			<dt>Id</dt><dd><code>{job.id}</code></dd>
			<dt>Configuration</dt>
			<dd>
				<details>
					<summary>Show the JSON</summary>
					<pre class="config" tabIndex={0} aria-label="Configuration as JSON">{formatJson((job.config ?? {}) as Parameters<typeof formatJson>[0])}</pre>
				</details>
			</dd>
		</dl>
	)
}

function Seeds({job}: {job: JobData}) {
	const [all, setAll] = useState(false)
	const places = (job.config?.seeds ?? []).flatMap(seedPlaces)
	if (places.length === 0) return <>None. A run of this job ends at once.</>
	return (
		<>
			<ul class="places">{places.slice(0, all ? undefined : maxPlaces).map((place, i) => <li key={i}><bdi>{visible(place)}</bdi></li>)}</ul>
			{places.length > maxPlaces && !all && <button type="button" class="link" onClick={() => setAll(true)}>Show {places.length - maxPlaces} more</button>}
		</>
	)
}
