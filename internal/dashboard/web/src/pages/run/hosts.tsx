// The hosts of a run.
import {api} from '../../api'
import {Failure} from '../../components/failure'
import {Pager} from '../../components/pager'
import {Time, useNow} from '../../components/time'
import {bytes, count, duration} from '../../format'
import {go, href} from '../../location'
import {useLoad} from '../../poll'
import {ms} from './overview'
import type {TabProps} from './run'
import {ReadSoFar} from './searched'
import type {Host, HostPage} from './types'
import {visible} from './url'

const orders: Record<string, string> = {host: 'Name', urls: 'Most URLs', failed: 'Most failed', latency: 'Slowest'}

/**
 * next returns when to load again. The hosts of a run that crawls change, and with them the delays.
 */
const next = (run: TabProps['run'], first: boolean) => (data: HostPage) =>
	data.searched ? 300 : run.status === 'running' && first ? 5000 : undefined

/** hosts reads a page of hosts. The API refuses an order that it does not know. */
async function hosts(run: string, query: {order: string; page?: string; per_page: number}, signal: AbortSignal): Promise<HostPage> {
	const {data} = await api.GET('/v1/runs/{run_id}/hosts', {signal, params: {path: {run_id: run}, query: query as never}})
	return data!
}

export function HostsTab({run, location}: TabProps) {
	const order = location.params.get('order') ?? 'host'
	const page = location.params.get('page') ?? undefined
	const {data, error} = useLoad(['hosts', run.id, order, page, run.status].join(' '), signal =>
		hosts(run.id, {order, page, per_page: 50}, signal), next(run, !page))
	const choose = (event: Event) => go(href(location.path, {tab: 'hosts', order: (event.currentTarget as HTMLSelectElement).value}), true)
	return (
		<>
			<div class="run-bar">
				<h2 class="hidden">Hosts</h2>
				<label>Order <select value={order} onChange={choose}>{Object.entries(orders).map(([o, label]) => <option key={o} value={o}>{label}</option>)}</select></label>
			</div>
			<Failure of={error} />
			<ReadSoFar searched={data?.searched} />
			{!data && error === undefined && <p class="weak" role="status">Loading the hosts …</p>}
			{data?.items.length === 0 && !data.searched && <p>The run has requested nothing yet.</p>}
			{data && data.items.length > 0 && <HostTable run={run} hosts={data.items} />}
			{data?.others && <p class="weak">Hosts beyond the first 10,000 are counted together: {count(data.others.urls_fetched)} URLs fetched, {count(data.others.urls_failed)} failed, {count(data.others.urls_excluded)} excluded.</p>}
			{data && <Pager location={location} next={data.next_page} items={data.items.length} />}
			{data && order !== 'host' && data.items.length > 0 && <p class="weak">The first {count(data.items.length)} in this order. All hosts are in the order of their names.</p>}
		</>
	)
}

function HostTable({run, hosts}: {run: TabProps['run']; hosts: Host[]}) {
	return (
		<div class="scroll" tabIndex={0} role="region" aria-label="Hosts">
			<table class="hosts">
				<thead>
					<tr>
						<th scope="col">Host</th><th scope="col" class="number">Fetched</th><th scope="col" class="number">Failed</th><th scope="col" class="number">Excluded</th>
						<th scope="col" class="number">Bytes</th><th scope="col" class="number">p50</th><th scope="col" class="number">p90</th><th scope="col" class="number">p99</th>
						<th scope="col" class="number">Delay</th><th scope="col">Last fetch</th><th scope="col">Next allowed</th>
					</tr>
				</thead>
				<tbody>
					{hosts.map(h => (
						<tr key={h.host}>
							<th scope="row"><HostLink run={run} host={h.host} /> {h.host && <a class="weak" href={href('/runs/' + run.id, {hosts: h.host})}>charts<span class="hidden"> of {visible(h.host)}</span></a>}</th>
							<td class="number">{count(h.urls_fetched)}</td>
							<td class={h.urls_failed > 0 ? 'number bad' : 'number'}>{h.urls_failed > 0 ? <a href={href('/runs/' + run.id, {tab: 'log', hosts: h.host, statuses: 'error'})}>{count(h.urls_failed)}</a> : 0}</td>
							<td class="number">{count(h.urls_excluded)}</td>
							<td class="number">{bytes(h.bytes_fetched)}</td>
							<td class="number">{time(h.latency.p50_ms)}</td>
							<td class="number">{time(h.latency.p90_ms)}</td>
							<td class="number">{time(h.latency.p99_ms)}</td>
							<td class="number">{time(h.delay_ms)}</td>
							<td><Time at={h.last_fetched_at} /></td>
							<td><Next at={run.status === 'running' ? h.next_fetch_at : null} /></td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	)
}

const time = (n: number | null) => (n === null ? '–' : ms(n))

/**
 * HostLink shows a host, and leads to its entries of the log. The log cannot be filtered by an
 * empty host.
 */
function HostLink({run, host}: {run: TabProps['run']; host: string}) {
	if (host === '') return <span class="weak">(not a URL)</span>
	return <a class="host" href={href('/runs/' + run.id, {tab: 'log', hosts: host})} title={host}><bdi>{visible(host)}</bdi></a>
}

/** Next shows when a host may be requested again. */
function Next({at}: {at: string | null}) {
	const now = useNow()
	if (at === null) return <span class="weak">–</span>
	const left = Date.parse(at) - now
	return <time dateTime={at} title={at}>{left <= 0 ? 'now' : 'in ' + duration(Math.max(left, 1000))}</time>
}

const top = 5

/** useTop loads the first hosts in an order. */
function useTop(run: TabProps['run'], order: string) {
	return useLoad(['top', order, run.id, run.status].join(' '), signal =>
		hosts(run.id, {order, per_page: top}, signal),
		data => (data.searched ? 1000 : run.status === 'running' ? 10_000 : undefined))
}

/** TopHosts shows the hosts that fail most and those that are slowest. */
export function TopHosts({run}: {run: TabProps['run']}) {
	const slowest = useTop(run, 'latency')
	const failing = useTop(run, 'failed')
	const failed = failing.data?.items.filter(h => h.urls_failed > 0) ?? []
	const slow = slowest.data?.items.filter(h => h.latency.count > 0) ?? []
	return (
		<div class="tops">
			<section>
				<h2>Failing hosts</h2>
				<Failure of={failing.error} />
				{failing.data && failed.length === 0 && <p class="weak">No URL failed.</p>}
				{failed.length > 0 && <Top run={run} hosts={failed} order="failed" head={['Failed', 'Delay', 'Next']} cells={h => [`${count(h.urls_failed)} of ${count(h.urls_failed + h.urls_fetched)}`, time(h.delay_ms)]} />}
			</section>
			<section>
				<h2>Slowest hosts</h2>
				<Failure of={slowest.error} />
				{slowest.data && slow.length === 0 && <p class="weak">There was no response yet.</p>}
				{slow.length > 0 && <Top run={run} hosts={slow} order="latency" head={['p90', 'Delay', 'Next']} cells={h => [time(h.latency.p90_ms), time(h.delay_ms)]} />}
			</section>
		</div>
	)
}

function Top({run, hosts, order, head, cells}: {run: TabProps['run']; hosts: Host[]; order: string; head: string[]; cells: (h: Host) => string[]}) {
	return (
		<>
			<table class="top-hosts">
				<thead><tr><th scope="col">Host</th>{head.map(h => <th key={h} scope="col" class="number">{h}</th>)}</tr></thead>
				<tbody>
					{hosts.map(h => (
						<tr key={h.host}>
							<th scope="row"><HostLink run={run} host={h.host} /></th>
							{cells(h).map((c, i) => <td key={i} class="number">{c}</td>)}
							<td class="number"><Next at={run.status === 'running' ? h.next_fetch_at : null} /></td>
						</tr>
					))}
				</tbody>
			</table>
			<p><a href={href('/runs/' + run.id, {tab: 'hosts', order})}>Show the hosts</a></p>
		</>
	)
}
