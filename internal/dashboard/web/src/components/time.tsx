import {useEffect, useState} from 'preact/hooks'
import {ago, local} from '../format'

// All times of a page are updated together, once a second.
const listeners = new Set<() => void>()
window.setInterval(() => {
	if (!document.hidden) for (const listener of listeners) listener()
}, 1000)

/**
 * useNow returns the time of the browser in ms, and renders again every second while the tab is
 * visible.
 */
export function useNow(): number {
	const [now, set] = useState(Date.now)
	useEffect(() => {
		const listener = () => set(Date.now())
		listeners.add(listener)
		return () => void listeners.delete(listener)
	}, [])
	return now
}

/** Time shows how long ago a timestamp was, and the exact time in its title. */
export function Time({at}: {at: string | null | undefined}) {
	const now = useNow()
	if (!at) return <span class="weak">–</span>
	return (
		<time dateTime={at} title={`${local(at)} (${at})`}>
			{ago(now - Date.parse(at)) || local(at)}
		</time>
	)
}
