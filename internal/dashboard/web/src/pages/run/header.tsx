// The head of the page of a run: what it is, what it does, and what can be done with it.
import type {Run} from '../../api'
import {Labels} from '../../components/labels'
import {Progress} from '../../components/progress'
import {RunActions} from '../../components/runactions'
import {StatusBadge} from '../../components/status'
import {Time, useNow} from '../../components/time'
import {bytes, count, duration} from '../../format'
import {href} from '../../location'
import {limit} from '../../reasons'
import {Copy} from './copy'
import type {Followed} from './live'
import {sentence} from './sentence'
import {visible} from './url'

export function Header({run, followed}: {run: Run; followed: Followed}) {
	return (
		<header class="run-head">
			<div class="run-title">
				<h1><a href={href('/jobs/' + run.job_id)}><bdi>{visible(run.job_name ?? 'A deleted job')}</bdi></a></h1>
				<RunActions run={run} onChange={(_, after) => (after ? followed.set(after) : followed.remove())} />
			</div>
			<p class="run-id">
				Run <span class="mono">{run.id}</span> <Copy text={run.id} label="Copy the id" />
			</p>
			<div class="run-state" role="status" aria-live="polite">
				<StatusBadge run={run} />
				<span>{sentence(run)}</span>
			</div>
			<div class="run-numbers">
				<Counters run={run} />
				<Times run={run} />
			</div>
			<Labels of={run.labels} link={(key, value) => href('/runs', {[`labels[${key}]`]: value})} />
		</header>
	)
}

/** Counters shows the progress. Each number leads to the URLs that it counts. */
function Counters({run}: {run: Run}) {
	const {urls_queued, urls_fetched, urls_failed, urls_excluded, bytes_fetched, depth} = run.progress
	const to = (params: Record<string, string>) => href('/runs/' + run.id, params)
	const max = limit(run, 'max_urls')
	return (
		<dl class="counters">
			<div><dt>Processed</dt><dd><Progress run={run} limit={max === undefined ? undefined : Number(max)} /></dd></div>
			<div><dt>Fetched</dt><dd><a href={to({tab: 'links', states: 'fetched'})}>{count(urls_fetched)}</a></dd></div>
			<div class={urls_failed > 0 ? 'bad' : ''}><dt>Failed</dt><dd><a href={to({tab: 'links', states: 'failed'})}>{count(urls_failed)}</a></dd></div>
			<div><dt>Excluded</dt><dd><a href={to({tab: 'log', statuses: 'excluded'})}>{count(urls_excluded)}</a></dd></div>
			<div><dt>Queued</dt><dd><a href={to({tab: 'links', states: 'queued'})}>{count(urls_queued)}</a></dd></div>
			<div><dt>Bytes</dt><dd>{bytes(bytes_fetched)}</dd></div>
			<div><dt>Depth</dt><dd>{count(depth)}</dd></div>
		</dl>
	)
}

function Times({run}: {run: Run}) {
	return (
		<dl class="times">
			<div><dt>Created</dt><dd><Time at={run.created_at} /></dd></div>
			{run.started_at && <div><dt>Started</dt><dd><Time at={run.started_at} /></dd></div>}
			{run.paused_at && <div><dt>Paused</dt><dd><Time at={run.paused_at} /></dd></div>}
			{run.finished_at && <div><dt>Finished</dt><dd><Time at={run.finished_at} /></dd></div>}
			{run.started_at && <div><dt>{run.finished_at ? 'Took' : 'Elapsed'}</dt><dd><Elapsed from={run.started_at} to={run.finished_at} /></dd></div>}
		</dl>
	)
}

/** Elapsed shows the time between two timestamps, or until now. */
function Elapsed({from, to}: {from: string; to: string | null}) {
	const now = useNow()
	return <>{duration((to ? Date.parse(to) : now) - Date.parse(from))}</>
}
