import type {Action} from '../../components/runactions'
import {useKeys} from './keys'
import {focusRow, openRun} from './table'

interface RowKeys {
	current: string // the id of the run that has or had the focus
	place: number // of that run
	focused: boolean // the focus is in the table
	toggle: (id: string) => void
	act: (action: Action) => void
	clear: () => void
	find: () => void
	help: () => void
}

/** useRowKeys connects the keys with the rows of the table. */
export function useRowKeys({current, place, focused, toggle, act, clear, find, help}: RowKeys): void {
	const step = (by: number) => (event: KeyboardEvent) => {
		if (event.key.startsWith('Arrow') && !focused) return // the arrows scroll the page
		event.preventDefault()
		focusRow(focused ? place + by : Math.max(place, 0))
	}
	// Enter on a link or button of a row is about that one.
	const onRow = (act: (id: string) => void) => (event: KeyboardEvent) => {
		if (!(event.target instanceof HTMLElement) || event.target.dataset.run !== current) return
		event.preventDefault()
		act(current)
	}
	useKeys({
		j: step(1),
		ArrowDown: step(1),
		k: step(-1),
		ArrowUp: step(-1),
		Enter: onRow(openRun),
		x: () => focused && toggle(current),
		' ': onRow(toggle),
		p: () => act('pause'),
		r: () => act('resume'),
		s: () => act('stop'),
		Delete: () => act('delete'),
		Escape: clear,
		'/': event => {
			event.preventDefault() // the key is not text
			find()
		},
		'?': help,
	})
}
