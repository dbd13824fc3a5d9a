// The comparison of two runs of a job.
import type {Run} from '../../api'
import type {PageProps} from '../../app'
import {Failure} from '../../components/failure'
import {StatusBadge} from '../../components/status'
import {Time} from '../../components/time'
import {count} from '../../format'
import {go, href, type Location} from '../../location'
import {useComparison, type Compared, type Comparing} from './comparing'
import {Differences} from './differences'
import {formatJson} from './json'
import './jobs.css'
import {maxUrls} from './walk'

export function Compare({id, location}: PageProps) {
	const {params} = location
	const [a, b, prefix] = [params.get('a') ?? '', params.get('b') ?? '', params.get('url_prefix') ?? '']
	const comparing = useComparison(a, b, prefix)
	const {result, error, runs} = comparing
	return (
		<div class="jobs-page">
			<nav class="crumbs" aria-label="Breadcrumbs"><a href={href('/jobs')}>Jobs</a> / <a href={href('/jobs/' + id)}><bdi>{runs?.[1].job_name ?? 'Job'}</bdi></a></nav>
			<h1>Compare two runs</h1>
			{!a || !b ? <p class="no-rows">Two runs are needed. <a href={href('/jobs/' + id)}>Choose them in the list of runs.</a></p> : (
				<>
					{runs && <Sides runs={runs} location={location} />}
					<Prefix location={location} />
					<Failure of={error} />
					{error !== undefined && <button type="button" onClick={comparing.again}>Try again</button>}
					{!result && error === undefined && <Walk comparing={comparing} />}
					{result && <Caveats of={result} prefix={prefix} onAgain={comparing.again} />}
					{result && <Differences of={result} location={location} />}
				</>
			)}
		</div>
	)
}

/** Sides shows which run is the first and which the second. */
function Sides({runs: [a, b], location}: {runs: [Run, Run]; location: Location}) {
	const swapped = new URLSearchParams(location.params)
	swapped.set('a', b.id)
	swapped.set('b', a.id)
	return (
		<div class="sides">
			<Side title="First" run={a} />
			<a class="button" href={href(location.path, swapped)} aria-label="Swap the runs" title="Swap the runs">⇄</a>
			<Side title="Second" run={b} />
		</div>
	)
}

function Side({title, run}: {title: string; run: Run}) {
	const {urls_fetched, urls_failed, urls_excluded} = run.progress
	return (
		<section class="side" aria-label={title + ' run'}>
			<h2>{title} <a href={href('/runs/' + run.id)} title={run.id}>…{run.id.slice(-8)}</a></h2>
			<p><StatusBadge run={run} /> <span class="weak">created <Time at={run.created_at} /></span></p>
			<p class="weak">{count(urls_fetched)} fetched, {count(urls_failed)} failed, {count(urls_excluded)} excluded</p>
		</section>
	)
}

/** Prefix restricts the comparison to the URLs that begin with a URL. */
function Prefix({location}: {location: Location}) {
	const given = location.params.get('url_prefix') ?? ''
	const submit = (event: SubmitEvent) => {
		event.preventDefault()
		const value = (new FormData(event.currentTarget as HTMLFormElement).get('prefix') as string).trim()
		const params = new URLSearchParams(location.params)
		params.delete('url_prefix')
		if (value) params.set('url_prefix', value)
		go(href(location.path, params))
	}
	return (
		<form class="prefix" onSubmit={submit}>
			<label for="prefix">Only URLs that begin with</label>
			<input id="prefix" name="prefix" key={given} defaultValue={given} placeholder="https://example.com/docs/" spellcheck={false} autocomplete="off" />
			<button type="submit">Compare</button>
		</form>
	)
}

/** Walk shows how much of each run is read. */
function Walk({comparing}: {comparing: Comparing}) {
	const {runs, progress, cancelled, cancel, again} = comparing
	if (cancelled) return <p class="no-rows">Cancelled. <button type="button" onClick={again}>Start again</button></p>
	return (
		<div class="walk">
			<WalkBar title="First run" run={runs?.[0]} progress={progress[0]} />
			<WalkBar title="Second run" run={runs?.[1]} progress={progress[1]} />
			<button type="button" onClick={cancel}>Cancel</button>
		</div>
	)
}

function WalkBar({title, run, progress}: {title: string; run?: Run; progress: Comparing['progress'][0]}) {
	const p = run?.progress
	const known = p ? p.urls_fetched + p.urls_failed + p.urls_excluded + p.urls_queued : 0
	const urls = progress?.urls ?? 0
	const searched = progress?.searched
	// Once the service finds nothing more for a while, the search is what takes time.
	const text = searched ? `${count(urls)} URLs, searched ${Math.floor(100 * searched.parts / searched.of)}%` : `${count(urls)} URLs`
	return (
		<label class="walk-bar">{title} <progress value={urls} max={Math.max(1, Math.min(known, maxUrls), urls)} /> <span class="weak">{text}</span></label>
	)
}

/** Reasons for which a run may end before it knows every URL. */
const limits = ['max_depth', 'max_urls', 'max_age', 'manual', 'unknown']

/** Caveats says what makes the comparison less than certain. */
function Caveats({of: {runs, complete, comparison}, prefix, onAgain}: {of: Compared; prefix: string; onAgain: () => void}) {
	const names = ['first', 'second']
	const unfinished = runs.flatMap((run, i) => run.status !== 'finished' ? [names[i]] : [])
	const limited = runs.flatMap((run, i) => run.stop_reason && limits.includes(run.stop_reason) ? [`the ${names[i]} run ended by ${run.stop_reason}`] : [])
	const sameConfig = formatJson(runs[0].config as never) === formatJson(runs[1].config as never)
	return (
		<div class="caveats">
			{runs[0].job_id !== runs[1].job_id && <p class="note">The runs belong to different jobs.</p>}
			{unfinished.length > 0 && (
				<p class="note">The {unfinished.join(' and the ')} run {unfinished.length === 1 ? 'is' : 'are'} not finished: this is how it was when its URLs were read. <button type="button" onClick={onAgain}>Compare again</button></p>
			)}
			{limited.length > 0 && <p class="note">{capital(limited.join(', and '))}, so it may not have reached every URL. A URL may be new or gone for that reason alone.</p>}
			{!sameConfig && <p class="note">The configuration changed between the runs, which can make URLs new, gone or excluded.</p>}
			{complete.includes(false) && (
				<p class="note">
					Only the last {count(maxUrls)} URLs of a run are read here, so {count(comparison.uncertain)} URLs that were read of one run only are left out.
					{prefix ? ' Choose a longer beginning of the URLs' : ' Compare only the URLs that begin with a URL'}, or use the command <code>inndx export RUN --format ndjson</code> for both runs and compare the files.
				</p>
			)}
		</div>
	)
}

const capital = (s: string) => s.charAt(0).toUpperCase() + s.slice(1)
