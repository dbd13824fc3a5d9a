// The overview of a run: charts over time, the hosts that need attention, and what happened last.
import {api, type Run} from '../../api'
import {Failure} from '../../components/failure'
import {bytes, compact, count} from '../../format'
import {go, href, type Location} from '../../location'
import {useLoad} from '../../poll'
import {useChanged} from './changed'
import {Chart, type Series} from './chart'
import {TopHosts} from './hosts'
import {lengths} from './rate'
import {Recent} from './recent'
import type {TabProps} from './run'
import {ReadSoFar} from './searched'
import type {Latency, Metrics, Quantiles, Responses, Searched} from './types'

/** The lengths of buckets that the API knows, with their seconds. */
const windows: Record<string, number> = {
	'10s': 10, '30s': 30, '1m': 60, '5m': 300, '10m': 600, '30m': 1800, '1h': 3600, '3h': 10_800, '6h': 21_600, '12h': 43_200, '1d': 86_400,
}

/**
 * next returns when to load again: soon while the service still reads the log, and now and then
 * while the run grows.
 */
const next = (status: string) => (data: {searched: Searched}) =>
	data.searched ? 300 : status === 'running' ? 5000 : undefined

/** Loaded are metrics with the time at which the service sent them, by its clock. */
type Loaded = Metrics & {loaded_at: string}

export function Overview({run, location, recent}: TabProps) {
	const window = location.params.get('window') ?? undefined
	const hosts = location.params.getAll('hosts')
	const key = [run.id, window, ...hosts].join(' ')
	const params = {path: {run_id: run.id}, query: {window, hosts} as never}
	const metrics = useLoad('metrics ' + key, async (signal): Promise<Loaded> => {
		const {data, response} = await api.GET('/v1/runs/{run_id}/metrics', {signal, params})
		return {...data!, loaded_at: response.headers.get('Date') ?? new Date().toISOString()}
	}, next(run.status))
	const latency = useLoad('latency ' + key, async signal => (await api.GET('/v1/runs/{run_id}/latency', {signal, params})).data!, next(run.status))
	// The numbers at the end of a run are not those of the last load.
	useChanged(run.status, () => {
		metrics.reload()
		latency.reload()
	})

	if (run.status === 'pending') return <p class="weak">The charts begin when the run does.</p>
	return (
		<>
			<div class="run-bar">
				<h2>Over time</h2>
				<Windows location={location} used={metrics.data?.window} />
				{hosts.length > 0 && <p>Only <bdi>{hosts.join(', ')}</bdi>. <a href={href(location.path, {window})}>All hosts</a></p>}
			</div>
			<Failure of={metrics.error ?? latency.error} />
			<ReadSoFar searched={metrics.data?.searched ?? latency.data?.searched} />
			<div class="charts">
				{metrics.data ? <MetricsCharts of={metrics.data} run={run} /> : metrics.error === undefined && <div class="chart loading" />}
				{latency.data ? <LatencyChart of={latency.data} /> : latency.error === undefined && <div class="chart loading" />}
			</div>
			<TopHosts run={run} />
			<Recent run={run} entries={recent} />
		</>
	)
}

/** Windows lets the user choose the length of the buckets. It is in the address. */
function Windows({location, used}: {location: Location; used: string | undefined}) {
	const chosen = location.params.get('window') ?? ''
	const choose = (event: Event) => {
		const params = new URLSearchParams(location.params)
		params.set('window', (event.currentTarget as HTMLSelectElement).value)
		go(href(location.path, params), true)
	}
	return (
		<label>
			Window{' '}
			<select value={chosen} onChange={choose}>
				<option value="">{'auto' + (used && !chosen ? ` (${used})` : '')}</option>
				{Object.keys(windows).map(w => <option key={w} value={w}>{w}</option>)}
			</select>
		</label>
	)
}

function MetricsCharts({of: metrics, run}: {of: Loaded; run: Run}) {
	const step = windows[metrics.window] ?? 1
	const times = metrics.buckets.map(b => Date.parse(b.started_at) / 1000)
	const lasted = lengths(run, times, step, Date.parse(metrics.loaded_at) / 1000)
	const rate = (n: (b: Metrics['buckets'][number]) => number) =>
		metrics.buckets.map((b, i) => (lasted[i] === null ? null : n(b) / lasted[i]!))
	const rates = rate(b => b.urls_fetched + b.urls_failed)
	const sizes = rate(b => b.bytes_fetched)
	const queue = metrics.buckets.map(b => b.urls_queued)
	const common = {times, step}
	const bytesPerSecond = (v: number) => bytes(v) + '/s'
	return (
		<>
			<Chart {...common} title="URLs per second" format={perSecond} short={n => (n >= 1000 ? compact(n) : few(n))} summary={average(rates, lasted, perSecond)}
				series={[{label: 'Processed', color: 'color-link', values: rates}, {label: 'Failed', color: 'color-bad', values: rate(b => b.urls_failed)}]} />
			<Chart {...common} title="Responses" stacked whole format={count} short={compact} summary={total(metrics)} series={classes(metrics)} />
			<Chart {...common} title="Bytes per second" whole format={bytesPerSecond} short={v => bytes(v).replace('.0 ', ' ')} summary={average(sizes, lasted, bytesPerSecond)}
				series={[{label: 'Bytes', color: 'color-link', values: sizes}]} />
			<Chart {...common} title="Queued URLs" whole format={count} short={compact} summary={queued(queue)}
				series={[{label: 'Queued', color: 'color-warn', values: queue}]} />
		</>
	)
}

/** The classes of responses, with their names and colors. */
const responseClasses: [keyof Responses, string, string][] = [
	['2xx', '2xx', 'color-good'], ['3xx', '3xx', 'color-link'], ['4xx', '4xx', 'color-warn'],
	['5xx', '5xx', 'color-bad'], ['other', 'other status', 'color-weak'], ['none', 'no response', 'color-none'],
]

/** classes returns a series for each class of responses that the run got. */
function classes({buckets}: Metrics): Series[] {
	return responseClasses
		.map(([name, label, color]) => ({label, color, values: buckets.map(b => b.responses[name])}))
		.filter(s => s.values.some(v => v > 0))
}

function total({buckets}: Metrics): string {
	const parts = responseClasses.flatMap(([name, label]) => {
		const n = buckets.reduce((sum, b) => sum + b.responses[name], 0)
		return n > 0 ? `${count(n)} ${label}` : []
	})
	return parts.length > 0 ? parts.join(', ') + '.' : 'There was no response yet.'
}

function LatencyChart({of: latency}: {of: Latency}) {
	const values = (name: keyof Quantiles) => latency.buckets.map(b => b[name])
	return (
		<Chart title="Latency" whole times={latency.buckets.map(b => Date.parse(b.started_at) / 1000)} step={windows[latency.window] ?? 1} format={ms}
			summary={quantiles(latency.total)}
			series={[
				{label: 'p50', color: 'color-good', values: values('p50_ms')},
				{label: 'p90', color: 'color-warn', values: values('p90_ms')},
				{label: 'p99', color: 'color-bad', values: values('p99_ms')},
			]} />
	)
}

function quantiles({count: n, p50_ms, p90_ms, p99_ms, max_ms}: Quantiles): string {
	if (p50_ms === null) return 'There was no response yet.'
	return `Of ${count(n)} ${n === 1 ? 'response' : 'responses'}: half within ${ms(p50_ms)}, 90% within ${ms(p90_ms!)}, 99% within ${ms(p99_ms!)}, the slowest ${ms(max_ms!)}.`
}

function average(rates: (number | null)[], lasted: (number | null)[], format: (v: number) => string): string {
	const known = rates.flatMap((rate, i) => (rate === null ? [] : {rate, length: lasted[i]!}))
	if (known.length === 0) return 'Nothing was fetched yet.'
	const all = known.reduce((sum, k) => sum + k.rate * k.length, 0)
	const seconds = known.reduce((sum, k) => sum + k.length, 0)
	return `${format(all / seconds)} on average, ${format(Math.max(...known.map(k => k.rate)))} at most.`
}

function queued(values: (number | null)[]): string {
	const known = values.filter(v => v !== null)
	if (known.length === 0) return 'The run did not record how long its queue was.'
	return `${count(Math.max(...known))} at most, ${count(known.at(-1)!)} at last.`
}

/** ms formats milliseconds, such as 38 ms or 1.2 s. */
export const ms = (n: number): string => (n < 1000 ? Math.round(n) + ' ms' : n < 100_000 ? (n / 1000).toFixed(1) + ' s' : Math.round(n / 1000) + ' s')

/** few formats a number with up to three digits, such as 0.25 or 12.5. */
const few = (n: number): string => String(+n.toPrecision(3))

const perSecond = (n: number): string => (n >= 100 ? count(Math.round(n)) : few(n)) + '/s'
