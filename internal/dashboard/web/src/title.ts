// The title of the page, in the browser's tab and for screen readers.
import {useEffect, useLayoutEffect, useState} from 'preact/hooks'
import {tenant} from './location'

const listeners = new Set<(title: string) => void>()

/**
 * useTitle names the page, such as "Job docs". A change is read out, so it must not change with
 * progress.
 */
export function useTitle(title: string): void {
	useEffect(() => show(title), [title])
}

/** useDefaultTitle names the page until it has a title of its own. */
export function useDefaultTitle(title: string): void {
	useLayoutEffect(() => show(title), [title]) // before the effects of the page
}

function show(title: string) {
	document.title = [title, tenant(), 'inndx runs'].filter(Boolean).join(' – ')
	for (const listener of listeners) listener(title)
}

/** useAnnouncement returns the title of the page, for a live region. */
export function useAnnouncement(): string {
	const [title, set] = useState('')
	useEffect(() => {
		listeners.add(set)
		return () => void listeners.delete(set)
	}, [])
	return title
}
