// The exports of a run: files of what it recorded and keeps.
import {useState} from 'preact/hooks'
import {api, message, type Run} from '../../api'
import {Confirm} from '../../components/confirm'
import {Failure} from '../../components/failure'
import {Time} from '../../components/time'
import {toast, toastFailure} from '../../components/toast'
import {bytes, count} from '../../format'
import {useLoad} from '../../poll'
import {Copy} from './copy'
import {Download} from './download'
import {keepers} from './keepers'
import type {TabProps} from './run'
import type {Export} from './types'

type Format = Export['format']

const formats: Record<Format, {label: string; content: string; kept: boolean; extension: string}> = {
	csv: {label: 'CSV', content: 'the log as a table', kept: false, extension: '.csv'},
	ndjson: {label: 'NDJSON', content: 'the log, a line of JSON for each entry', kept: false, extension: '.ndjson'},
	warc: {label: 'WARC', content: 'all artifacts', kept: true, extension: '.warc.gz'},
	wacz: {label: 'WACZ', content: 'the responses, for ReplayWeb.page', kept: true, extension: '.wacz'},
}

/** large is the size from which the command is the better way to download a file. */
const large = 1e9

const unfinished = (e: Export) => e.state === 'pending' || e.state === 'running'

export function ExportsTab({run}: TabProps) {
	const {data, error, reload} = useLoad('exports ' + run.id, async signal => {
		const {data} = await api.GET('/v1/runs/{run_id}/exports', {signal, params: {path: {run_id: run.id}, query: {per_page: 20}}})
		return data!.items
	}, items => (items.some(unfinished) ? 1000 : undefined))
	return (
		<>
			<h2>Create an export</h2>
			<Create run={run} created={reload} />
			<h2>Exports</h2>
			<Failure of={error} />
			{!data && error === undefined && <p class="weak" role="status">Loading the exports …</p>}
			{data?.length === 0 && <p>There is no export yet. An export is a file of what the run has recorded until then.</p>}
			{data && data.length > 0 && <ul class="exports">{data.map(e => <li key={e.id}><Item of={e} deleted={reload} /></li>)}</ul>}
		</>
	)
}

function Create({run, created}: {run: Run; created: () => void}) {
	const [busy, setBusy] = useState(false)
	const keeps = keepers(run).length > 0
	const create = async (format: Format) => {
		setBusy(true)
		try {
			// A response that is lost does not make a second export.
			const params = {path: {run_id: run.id}, header: {'Idempotency-Key': crypto.randomUUID?.()}}
			await api.POST('/v1/runs/{run_id}/exports', {params, body: {format}})
			created()
		} catch (error) {
			toastFailure(`Cannot create the export: ${message(error)}`)
		} finally {
			setBusy(false)
		}
	}
	return (
		<ul class="formats">
			{(Object.keys(formats) as Format[]).map(format => (
				<li key={format}>
					<button type="button" disabled={busy || (formats[format].kept && !keeps)} onClick={() => create(format)}>{formats[format].label}</button>{' '}
					<span class="weak">{formats[format].content}{formats[format].kept && !keeps && '. The run keeps none.'}</span>
				</li>
			))}
		</ul>
	)
}

function Item({of: item, deleted}: {of: Export; deleted: () => void}) {
	const {label, extension} = formats[item.format]
	const name = `the export as ${label}`
	return (
		<div class={'export ' + item.state}>
			<strong>{label}</strong>
			<span>{state(item)}</span>
			<span class="weak">created <Time at={item.created_at} /></span>
			<span class="actions">
				{item.state === 'finished' && (
					<Download get={signal => file(item, signal)} name={item.run_id + extension} size={item.size} of={name} />
				)}
				<Delete item={item} name={name} deleted={deleted} />
			</span>
			{unfinished(item) && <progress value={item.progress.parts} max={Math.max(item.progress.of, 1)} aria-label={`Making of ${name}`} />}
			{item.error !== null && <p class="failure">{item.error}</p>}
			{(item.size ?? 0) > large && <Advice item={item} />}
		</div>
	)
}

/** file requests the file of an export. */
const file = (item: Export, signal: AbortSignal) =>
	api.GET('/v1/runs/{run_id}/exports/{export_id}/file', {signal, parseAs: 'stream', params: {path: {run_id: item.run_id, export_id: item.id}}})

function state({state, entries, size, progress, format}: Export): string {
	const entry = formats[format].kept ? 'artifacts' : 'entries'
	if (state === 'finished') return `${count(entries)} ${entry}, ${bytes(size ?? 0)}`
	if (state === 'failed') return 'failed'
	return state === 'pending' ? 'waits' : `${count(entries)} ${entry}, ${bytes(progress.bytes)} so far`
}

/** Advice says how to download what is too large for a page, which has the whole file in memory. */
function Advice({item}: {item: Export}) {
	const command = `inndx export ${item.run_id} --format ${item.format}`
	return <p class="weak">A browser may not manage a file of this size. The command continues after interruptions: <code>{command}</code> <Copy text={command} label="Copy" /></p>
}

function Delete({item, name, deleted}: {item: Export; name: string; deleted: () => void}) {
	const [asked, setAsked] = useState(false)
	const act = async () => {
		setAsked(false)
		try {
			await api.DELETE('/v1/runs/{run_id}/exports/{export_id}', {params: {path: {run_id: item.run_id, export_id: item.id}}})
			toast(`Deleted ${name}.`)
		} catch (error) {
			toastFailure(`Cannot delete ${name}: ${message(error)}`)
		}
		deleted()
	}
	return (
		<>
			<button type="button" class="small danger" onClick={() => setAsked(true)}>Delete<span class="hidden"> {name}</span></button>
			{asked && (
				<Confirm title={`Delete ${name}?`} action="Delete the export" onConfirm={act} onCancel={() => setAsked(false)}>
					<p>The file is removed. The run and what it recorded stay, so the export can be made again.</p>
				</Confirm>
			)}
		</>
	)
}
