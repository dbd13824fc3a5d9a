// The list of runs: live, filtered by the address, and with actions on one or several runs.
import {useEffect, useMemo, useRef, useState} from 'preact/hooks'
import type {PageProps} from '../../app'
import {Failure} from '../../components/failure'
import {Pager} from '../../components/pager'
import {useRunActions} from '../../components/runactions'
import {Empty, News, Selection, Summary} from './bar'
import {FilterBar} from './filterbar'
import {filters, isFirst} from './filters'
import {useHold, useKeepFocus} from './hold'
import {Keys} from './keys'
import {useList} from './list'
import {useRowKeys} from './rowkeys'
import {Changes, useSteady} from './steady'
import {Table} from './table'
import './runs.css'

export function Runs({location}: PageProps) {
	const {data, error, reload, shown, stale} = useList(location)
	const changes = useMemo(() => new Changes(), [])
	const {ask, busy, dialog, asking} = useRunActions((id, run) => {
		changes.add(id, run)
		reload()
	}, reload)
	const [selection, setSelection] = useState<ReadonlySet<string>>(new Set())
	const [current, setCurrent] = useState('')
	const [help, setHelp] = useState(false)
	const find = useRef<HTMLInputElement>(null)
	const hold = useHold()

	const items = shown.page?.items
	const held = hold.pointer || hold.focus || asking || Boolean(items?.some(r => selection.has(r.id)))
	const {rows, added, show} = useSteady(shown.query, items, held, changes)
	const present = rows.filter(r => !r.gone).map(r => r.run)
	const selected = present.filter(r => selection.has(r.id))
	const place = rows.findIndex(r => r.run.id === current)

	const select = (ids: string[], on: boolean) =>
		setSelection(s => new Set(on ? [...s, ...ids] : [...s].filter(id => !ids.includes(id))))
	const clear = () => setSelection(new Set())
	const focused = present.filter(r => hold.focus && r.id === current)
	useEffect(clear, [shown.query])
	useKeepFocus(place, hold.focus)
	useRowKeys({
		current,
		place,
		focused: hold.focus,
		toggle: id => select([id], !selection.has(id)),
		act: action => ask(action, selected.length > 0 ? selected : focused),
		clear,
		find: () => find.current?.focus(),
		help: () => setHelp(true),
	})
	const news = () => {
		show()
		reload()
	}

	const more = Boolean(shown.page?.next_page)
	const first = isFirst(location)
	return (
		<>
			<div class="heading">
				<h1>Runs</h1>
				<button type="button" onClick={() => setHelp(true)}>
					Keys
				</button>
			</div>
			<FilterBar location={location} error={error} find={find} />
			<Failure of={error} />
			<div class={stale ? 'stale' : ''} {...hold.handlers}>
				<div class="bar">
					{selected.length > 0 ? (
						<Selection runs={selected} busy={busy} ask={ask} onClear={clear} />
					) : (
						<Summary loading={!shown.page && !error} runs={rows.length} first={first} more={more} />
					)}
					<News runs={added} onShow={news} />
				</div>
				{rows.length > 0 && (
					<Table
						location={location}
						rows={rows}
						rates={shown.page?.rates ?? {}}
						selected={new Set(selected.map(r => r.id))}
						busy={busy}
						current={place >= 0 ? current : rows[0]!.run.id}
						onSelect={select}
						onCurrent={setCurrent}
						onPointer={hold.onPointer}
						ask={ask}
					/>
				)}
			</div>
			{data && rows.length === 0 && (
				<Empty filtered={filters(location).length > 0} first={first} more={more} />
			)}
			{data && (
				<Pager
					location={location}
					next={data.next_page}
					searchedUntil={data.searched_until}
					items={data.items.length}
				/>
			)}
			{dialog}
			{help && <Keys onClose={() => setHelp(false)} />}
		</>
	)
}
