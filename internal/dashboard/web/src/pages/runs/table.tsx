// The table of runs.
import type {Run} from '../../api'
import {Labels} from '../../components/labels'
import {Progress} from '../../components/progress'
import {actionLabel, actions, applies, runName, slot, type Action} from '../../components/runactions'
import {StatusBadge} from '../../components/status'
import {Time, useNow} from '../../components/time'
import {count, duration, rate} from '../../format'
import {go, href, type Location} from '../../location'
import {stopSentence, waitSentence} from '../../reasons'
import {withFilter} from './filters'
import type {Row} from './steady'

export interface TableProps {
	location: Location
	rows: Row[]
	rates: Record<string, number>
	selected: ReadonlySet<string>
	busy: ReadonlySet<string>
	current: string // the id of the run that Tab leads to
	onSelect: (ids: string[], selected: boolean) => void
	onCurrent: (id: string) => void
	onPointer: (over: boolean) => void
	ask: (action: Action, runs: Run[]) => void
}

// The columns after the one to select runs, with their classes.
const columns = [
	['Run', 'name'],
	['Status', 'state'],
	['Labels', 'tags'],
	['Processed', 'number done'],
	['Rate', 'number'],
	['Queued', 'number'],
	['Failed', 'number'],
	['Age', 'age'],
	['Stop reason', 'why'],
	['Actions', 'act'],
]

export function Table(props: TableProps) {
	const {rows, selected, onSelect, onPointer} = props
	const ids = rows.map(r => r.run.id)
	const all = ids.length > 0 && ids.every(id => selected.has(id))
	return (
		<div class="scroll" role="region" aria-label="Runs" tabIndex={-1}>
			{/* On a narrow screen the rows are cards: the roles stay those of a table. */}
			<table class="runs" role="table">
				<thead role="rowgroup">
					<tr role="row">
						<th role="columnheader" scope="col" class="select">
							<input
								type="checkbox"
								aria-label="Select all runs of the page"
								checked={all}
								indeterminate={!all && selected.size > 0}
								onChange={() => onSelect(ids, !all)}
							/>
						</th>
						{columns.map(([name, style]) => (
							<th key={name} role="columnheader" scope="col" class={style}>
								{name}
							</th>
						))}
					</tr>
				</thead>
				<tbody role="rowgroup" onPointerEnter={() => onPointer(true)} onPointerLeave={() => onPointer(false)}>
					{rows.map(row => (
						<TableRow key={row.run.id} {...props} row={row} />
					))}
				</tbody>
			</table>
		</div>
	)
}

function TableRow({
	location,
	row: {run, gone},
	rates,
	selected,
	busy,
	current,
	onSelect,
	onCurrent,
	ask,
}: TableProps & {row: Row}) {
	const name = runName(run)
	const working = busy.has(run.id)
	const chosen = selected.has(run.id)
	const label = (key: string, value: string) => withFilter(location, `labels[${key}]`, [value])
	return (
		<tr
			role="row"
			data-run={run.id}
			class={[chosen && 'chosen', gone && 'gone'].filter(Boolean).join(' ')}
			aria-busy={working}
			tabIndex={run.id === current ? 0 : -1}
			onFocusIn={() => onCurrent(run.id)}
		>
			<td role="cell" class="select">
				<input
					type="checkbox"
					tabIndex={-1}
					aria-label={'Select ' + name}
					checked={chosen}
					onChange={() => onSelect([run.id], !chosen)}
				/>
			</td>
			<th role="rowheader" scope="row" class="name">
				<a href={href('/runs/' + run.id)} title={run.job_name ?? undefined}>
					<bdi>{run.job_name ?? 'a deleted job'}</bdi>
				</a>
				<span class="mono weak" title={run.id}>
					…{run.id.slice(-8)}
				</span>
			</th>
			<td role="cell" class="state">
				<StatusBadge run={{status: run.status, stop_reason: null}} />
				{run.progress.waiting_for && (
					<span class="weak" title={waitSentence(run.progress.waiting_for)}>
						{' '}
						waits for {run.progress.waiting_for}
					</span>
				)}
				{gone && (
					<span class="weak" title="This run no longer matches the filters, or another user deleted it.">
						{' '}
						left the list
					</span>
				)}
			</td>
			<td role="cell" class="tags">
				<Labels of={run.labels} link={label} max={3} />
			</td>
			<td role="cell" class="number done" data-label="Processed">
				<Progress run={run} />
			</td>
			<td role="cell" class="number" data-label="Rate">
				{run.status === 'running' && run.id in rates ? rate(rates[run.id]!) : <span class="weak">–</span>}
			</td>
			<td role="cell" class="number" data-label="Queued">
				{count(run.progress.urls_queued)}
			</td>
			<td role="cell" class={run.progress.urls_failed > 0 ? 'number some' : 'number'} data-label="Failed">
				{count(run.progress.urls_failed)}
			</td>
			<td role="cell" class="age" data-label="Age">
				<Time at={run.created_at} />
				<Took run={run} />
			</td>
			<td role="cell" class="why" data-label="Stop reason">
				{run.stop_reason && (
					<span title={stopSentence(run)}>
						{run.stop_reason}
						<span class="hidden">: {stopSentence(run)}</span>
					</span>
				)}
			</td>
			<td role="cell" class="act">
				<Buttons run={run} busy={working} gone={gone} ask={ask} />
			</td>
		</tr>
	)
}

/**
 * Buttons are the actions on one run. Each has its place, so that another status moves none of
 * them.
 */
function Buttons({run, busy, gone, ask}: {run: Run; busy: boolean; gone: boolean; ask: TableProps['ask']}) {
	return (
		<div>
			{actions
				.filter(a => applies(a, run))
				.map(a => (
					<button
						key={slot(a)}
						type="button"
						class={'icon ' + a}
						disabled={gone}
						aria-disabled={busy}
						title={actionLabel(a)}
						aria-label={`${actionLabel(a)} ${runName(run)}`}
						onClick={() => ask(a, [run])}
					>
						<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
							<path d={icons[a]} />
						</svg>
					</button>
				))}
		</div>
	)
}

const icons: Record<Action, string> = {
	pause: 'M4 3h3v10H4zM9 3h3v10H9z',
	resume: 'M4 2.5v11l9-5.5z',
	stop: 'M3.5 3.5h9v9h-9z',
	delete: 'M6 2h4l.7 1H14v1.5H2V3h3.3zM3.5 6h9l-.7 8H4.2zM6.5 7.5v5h1v-5zM8.5 7.5v5h1v-5z',
}

/** Took shows how long a run has taken, or took. */
function Took({run}: {run: Run}) {
	const now = useNow()
	if (!run.started_at) return <span class="weak">not started</span>
	const end = run.finished_at ? Date.parse(run.finished_at) : now
	const text = duration(end - Date.parse(run.started_at))
	return (
		<span class="weak" title={run.finished_at ? 'From its start to its end' : 'Since its start'}>
			{run.finished_at ? 'took' : 'for'} {text}
		</span>
	)
}

/** focusRow moves the focus to a row by its place, as far as there are rows. */
export function focusRow(place: number): void {
	const rows = document.querySelectorAll<HTMLElement>('tr[data-run]')
	rows[Math.min(Math.max(place, 0), rows.length - 1)]?.focus()
}

/** openRun goes to the page of a run. */
export const openRun = (id: string): void => go(href('/runs/' + id))
