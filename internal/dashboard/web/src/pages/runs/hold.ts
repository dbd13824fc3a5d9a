// Where the pointer and the focus are.
import {useLayoutEffect, useRef, useState} from 'preact/hooks'
import {focusRow} from './table'

export interface Hold {
	pointer: boolean // the pointer is over a row
	focus: boolean // the focus is in the table, or in what stands above it
	onPointer: (over: boolean) => void
	/** The handlers of the element within which the focus counts. */
	handlers: {onFocusIn: () => void; onFocusOut: (event: FocusEvent) => void}
}

/** useHold tells whether the user is about to act on a row. */
export function useHold(): Hold {
	const [pointer, onPointer] = useState(false)
	const [focus, setFocus] = useState(false)
	const onFocusOut = (event: FocusEvent) => {
		const to = event.relatedTarget
		if (!(to instanceof Node) || !(event.currentTarget as Node).contains(to)) setFocus(false)
	}
	return {pointer, focus, onPointer, handlers: {onFocusIn: () => setFocus(true), onFocusOut}}
}

/** useKeepFocus moves the focus to a row, by its place, when what had the focus is removed. */
export function useKeepFocus(place: number, focused: boolean): void {
	const last = useRef(0)
	useLayoutEffect(() => {
		if (place >= 0) last.current = place
		if (focused && document.activeElement === document.body) focusRow(last.current)
	})
}
