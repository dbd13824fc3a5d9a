// The list of runs: live, filtered by the address, and with actions on one or several runs.
import {useEffect, useLayoutEffect, useMemo, useRef, useState} from 'preact/hooks'
import {api, type Run} from '../../api'
import type {PageProps} from '../../app'
import {Failure} from '../../components/failure'
import {Pager} from '../../components/pager'
import {actionLabel, actions, applies, useRunActions, type Action} from '../../components/runactions'
import {count} from '../../format'
import {href} from '../../location'
import {useLoad} from '../../poll'
import {FilterBar} from './filterbar'
import {filters, isFirst, query} from './filters'
import {Keys, useKeys} from './keys'
import {Rates} from './rates'
import {Changes, useSteady} from './steady'
import {focusRow, openRun, Table} from './table'
import './runs.css'

/** The times between two loads in ms, while a run of the page is unfinished and while none is. */
const liveInterval = 2000
const idleInterval = 10_000

export function Runs({location}: PageProps) {
	const sent = query(location)
	const rates = useRef(new Rates())
	const {data, error, reload} = useLoad('runs ' + sent, async signal => {
		const {data} = await api.GET('/v1/runs', {signal, querySerializer: () => sent})
		return {...data!, rates: rates.current.add(data!.items, Date.now())}
	}, page => page.items.some(r => r.status !== 'finished') ? liveInterval : idleInterval, {remember: true})

	// While other filters are loaded, the runs of the last ones remain.
	const last = useRef({sent, data})
	if (data || error) last.current = {sent, data}
	const list = last.current

	const changes = useMemo(() => new Changes(), [])
	const {ask, busy, dialog, asking} = useRunActions((id, run) => {
		changes.add(id, run)
		reload()
	}, reload)
	const [selection, setSelected] = useState<ReadonlySet<string>>(new Set())
	const [hold, setHold] = useState({pointer: false, focus: false})
	const [current, setCurrent] = useState('')
	const [help, setHelp] = useState(false)
	const find = useRef<HTMLInputElement>(null)

	useEffect(() => setSelected(new Set()), [sent])
	const held = hold.pointer || hold.focus || asking || Boolean(list.data?.items.some(r => selection.has(r.id)))
	const {rows, added, show} = useSteady(list.sent, list.data?.items, held, changes)
	const present = rows.filter(r => !r.gone).map(r => r.run)
	const selected = new Set(present.filter(r => selection.has(r.id)).map(r => r.id))
	const place = rows.findIndex(r => r.run.id === current)
	useKeepFocus(place, hold.focus)

	const select = (ids: string[], on: boolean) => setSelected(s => {
		const next = new Set(s)
		for (const id of ids) on ? next.add(id) : next.delete(id)
		return next
	})
	// A key acts on the selected runs, or else on the one with the focus.
	const targets = () => present.filter(r => selected.size > 0 ? selected.has(r.id) : hold.focus && r.id === current)
	const act = (action: Action) => () => ask(action, targets())
	const step = (by: number) => (event: KeyboardEvent) => {
		if (event.key.startsWith('Arrow') && !hold.focus) return // the arrows scroll the page
		event.preventDefault()
		focusRow(hold.focus ? place + by : Math.max(place, 0))
	}
	const onRow = (act: (id: string) => void) => (event: KeyboardEvent) => {
		if (!(event.target instanceof HTMLElement) || event.target.dataset.run !== current) return
		event.preventDefault()
		act(current)
	}
	const toggle = (id: string) => select([id], !selected.has(id))
	useKeys({
		j: step(1), ArrowDown: step(1), k: step(-1), ArrowUp: step(-1),
		Enter: onRow(openRun), x: onRow(toggle), ' ': onRow(toggle),
		p: act('pause'), r: act('resume'), s: act('stop'), Delete: act('delete'),
		Escape: () => setSelected(new Set()),
		'/': event => { event.preventDefault(); find.current?.focus() },
		'?': () => setHelp(true),
	})

	const leave = (event: FocusEvent) => {
		const to = event.relatedTarget
		if (!(to instanceof Node) || !(event.currentTarget as Node).contains(to)) setHold(h => ({...h, focus: false}))
	}

	return (
		<>
			<div class="heading">
				<h1>Runs</h1>
				<button type="button" onClick={() => setHelp(true)}>Keys</button>
			</div>
			<FilterBar location={location} error={error} find={find} />
			<Failure of={error} />
			<div class={list.sent === sent ? '' : 'stale'} onFocusIn={() => setHold(h => ({...h, focus: true}))} onFocusOut={leave}>
				<div class="bar">
					{selected.size > 0
						? <Selection runs={present.filter(r => selected.has(r.id))} busy={busy} ask={ask} onClear={() => setSelected(new Set())} />
						: <Summary shown={list.data && rows.length} failed={error !== undefined} first={isFirst(location)} more={Boolean(list.data?.next_page)} />}
					<span role="status">
						{added > 0 && <button type="button" class="news" onClick={() => { show(); reload() }}>{added === 1 ? 'Show 1 new run' : `Show ${count(added)} new runs`}</button>}
					</span>
				</div>
				{rows.length > 0 && (
					<Table location={location} rows={rows} rates={list.data?.rates ?? {}} selected={selected} busy={busy}
						current={place >= 0 ? current : rows[0]!.run.id} onSelect={select} onCurrent={setCurrent}
						onPointer={pointer => setHold(h => ({...h, pointer}))} ask={ask} />
				)}
			</div>
			{data && rows.length === 0 && <Empty filtered={filters(location).length > 0} first={isFirst(location)} more={Boolean(data.next_page)} />}
			{data && <Pager location={location} next={data.next_page} searchedUntil={data.searched_until} items={data.items.length} />}
			{dialog}
			{help && <Keys onClose={() => setHelp(false)} />}
		</>
	)
}

/** useKeepFocus moves the focus to the row, or to the next one, when what has it in a row is removed. */
function useKeepFocus(place: number, focused: boolean) {
	const last = useRef(0)
	useLayoutEffect(() => {
		if (place >= 0) last.current = place
		if (focused && document.activeElement === document.body) focusRow(last.current)
	})
}

function Summary({shown, failed, first, more}: {shown: number | undefined; failed: boolean; first: boolean; more: boolean}) {
	if (shown === undefined && !failed) return <span class="weak">Loading…</span>
	if (!shown) return <span />
	return <span class="weak">{first ? 'The newest ' : ''}{count(shown)} {shown === 1 ? 'run' : 'runs'}{more ? ', and there are more' : ''}</span>
}

interface SelectionProps {
	runs: Run[]
	busy: ReadonlySet<string>
	ask: (action: Action, runs: Run[]) => void
	onClear: () => void
}

/** Selection acts on the selected runs. */
function Selection({runs, busy, ask, onClear}: SelectionProps) {
	return (
		<div class="actions" role="group" aria-label="Selected runs">
			<span>{count(runs.length)} selected</span>
			{actions.map(a => {
				const able = runs.filter(r => applies(a, r) && !busy.has(r.id))
				return <button key={a} type="button" class={a === 'delete' ? 'danger' : ''} aria-disabled={able.length === 0} onClick={() => ask(a, able)}>{actionLabel(a)} {able.length > 0 && able.length < runs.length && count(able.length)}</button>
			})}
			<button type="button" onClick={onClear}>Select none</button>
		</div>
	)
}

/** Empty says why there is no run, and what to do. */
function Empty({filtered, first, more}: {filtered: boolean; first: boolean; more: boolean}) {
	if (more) return null // the pager says how far the service searched
	if (!first) return <p class="empty">There are no more runs. <a href={href('/runs')}>Show the newest</a></p>
	if (filtered) return <p class="empty">No run matches the filters. <a href={href('/runs')}>Remove all filters</a></p>
	return (
		<div class="empty">
			<p>There are no runs yet. A run is one execution of a job, which says what to crawl.</p>
			<p><a class="button primary" href={href('/jobs/new')}>Create a job</a> or <a href={href('/jobs')}>start a run of a job</a></p>
		</div>
	)
}
