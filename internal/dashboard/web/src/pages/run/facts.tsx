// All that a run knows of a URL.
import type {ComponentChildren} from 'preact'
import {useState} from 'preact/hooks'
import {api, type Run} from '../../api'
import {Failure} from '../../components/failure'
import {count, local} from '../../format'
import {useLoad} from '../../poll'
import {ArtifactItem} from './artifact'
import {Copy} from './copy'
import {keepers} from './keepers'
import {LinksHere} from './linkshere'
import {ms} from './overview'
import type {LogEntry} from './types'
import {LogLink, Url, visible} from './url'

export function Facts({entry, run}: {entry: LogEntry; run: Run}) {
	return (
		<div class="facts-body">
			<dl class="facts-list">
				<Fact name="URL" wide><Url of={entry.url} /> <Copy text={entry.url} label="Copy" /></Fact>
				<Fact name="Title" wide>{entry.title && <bdi>{visible(entry.title)}</bdi>}</Fact>
				<Fact name="Referrer" wide>{entry.referrer ? <LogLink run={run.id} url={entry.referrer} /> : 'none: it is a seed, or it was not recorded'}</Fact>
				<Fact name="Redirects to" wide>{entry.redirect_url && <Redirects run={run} url={entry.redirect_url} />}</Fact>
				<Fact name="Status">{entry.status}{entry.error_reason && <>: {entry.error_reason}</>}</Fact>
				<Fact name="Detail" wide>{entry.error_detail && <bdi>{visible(entry.error_detail)}</bdi>}</Fact>
				<Fact name="Last step">{entry.step}{entry.check && ', only checked'}</Fact>
				<Fact name="HTTP status">{entry.http_status}</Fact>
				<Fact name="Content type">{entry.content_type && <bdi>{visible(entry.content_type)}</bdi>}</Fact>
				<Fact name="Bytes">{entry.bytes !== null && count(entry.bytes)}</Fact>
				<Fact name="Latency">{entry.latency_ms !== null && ms(entry.latency_ms)}</Fact>
				<Fact name="Attempt">{entry.attempt}</Fact>
				<Fact name="Host">{entry.host && <bdi>{visible(entry.host)}</bdi>}</Fact>
				<Fact name="Depth">{String(entry.depth)}</Fact>
				<Fact name="Occurred" wide>{local(entry.occurred_at)} <span class="weak mono">{entry.occurred_at}</span></Fact>
				<Fact name="Digest" wide>{entry.digest && <span class="mono">{entry.digest}</span>}</Fact>
				<Fact name="URL hash" wide><span class="mono">{entry.url_hash}</span></Fact>
				<Fact name="Entry" wide><span class="mono">{entry.id}</span></Fact>
			</dl>
			<LinksHere run={run} entry={entry} />
			{entry.http_status !== null && keepers(run).length > 0 && <ArtifactsHere run={run} hash={entry.url_hash} />}
		</div>
	)
}

/** Fact shows a fact, unless it is not known. What is wide has a line of its own. */
function Fact({name, wide, children}: {name: string; wide?: boolean; children: ComponentChildren}) {
	if (children === null || children === undefined || children === false || children === '') return null
	return <div class={wide ? 'wide' : ''}><dt>{name}</dt><dd>{children}</dd></div>
}

/** maxRedirects bounds how many redirects are followed at once. */
const maxRedirects = 10

/** Redirects shows where the redirects that begin with a URL lead. */
function Redirects({run, url}: {run: Run; url: string}) {
	const {data, error} = useLoad('redirects ' + run.id + ' ' + url, signal => chain(run.id, url, signal))
	const steps: Step[] = data ?? [{url}]
	return (
		<>
			<ol class="redirects">
				{steps.map((s, i) => <li key={i}><LogLink run={run.id} url={s.url} /> {s.outcome && <span class="weak">{s.outcome}</span>}</li>)}
			</ol>
			<Failure of={error} />
		</>
	)
}

interface Step {
	url: string
	outcome?: string
}

async function chain(run: string, url: string, signal: AbortSignal): Promise<Step[]> {
	const steps: Step[] = []
	for (let next: string | null = url; next !== null && steps.length < maxRedirects; ) {
		const at: string = next
		if (steps.some(s => s.url === at)) return [...steps, {url: at, outcome: 'again'}]
		const {data} = await api.GET('/v1/runs/{run_id}/logs', {signal, params: {path: {run_id: run}, query: {url: at, per_page: 1}}})
		const entry: LogEntry | undefined = data!.items[0]
		steps.push({url: at, outcome: entry ? String(entry.http_status ?? entry.error_reason ?? entry.status) : 'not recorded'})
		next = entry?.redirect_url ?? null
	}
	return steps
}

/** ArtifactsHere shows what the run keeps of a URL. */
function ArtifactsHere({run, hash}: {run: Run; hash: string}) {
	const [pages, setPages] = useState<(string | undefined)[]>([undefined])
	return (
		<section>
			<h3>Artifacts</h3>
			{pages.map((page, i) => (
				<ArtifactsPage key={i} run={run} hash={hash} page={page}
					more={i === pages.length - 1 ? next => setPages([...pages, next]) : undefined} />
			))}
		</section>
	)
}

function ArtifactsPage({run, hash, page, more}: {run: Run; hash: string; page: string | undefined; more?: (next: string) => void}) {
	const {data, error} = useLoad(['artifacts', run.id, hash, page].join(' '), async signal => {
		const query = {run_ids: [run.id], url_hashes: [hash], page}
		const {data} = await api.GET('/v1/artifacts', {signal, params: {query}})
		return data!
	})
	if (!data) return error === undefined ? <p class="weak">Loading …</p> : <Failure of={error} />
	return (
		<>
			{data.items.length > 0 && <ul class="artifacts">{data.items.map(a => <li key={a.id}><ArtifactItem of={a} /></li>)}</ul>}
			{data.items.length === 0 && !data.next_page && page === undefined && <p class="weak">The run keeps nothing of this URL.</p>}
			{data.next_page && more && <button type="button" class="small" onClick={() => more(data.next_page!)}>{data.items.length > 0 ? 'More' : 'Continue the search'}</button>}
		</>
	)
}
