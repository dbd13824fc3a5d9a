import {useEffect, useRef} from 'preact/hooks'

const question = 'Leave this page? What you changed is not saved.'

// At most one page has unsaved changes. This listener is older than the one of useLocation, so it
// comes first and can keep the page from being replaced.
let guard: ((event: HashChangeEvent) => void) | undefined
window.addEventListener('hashchange', event => guard?.(event))

/**
 * useLeaveWarning asks before the user leaves the page, while there are unsaved changes: for
 * another page of the dashboard, by a link or the button back, and for another site. onLeave is
 * called if the user leaves for another page of the dashboard.
 */
export function useLeaveWarning(unsaved: () => boolean, onLeave: () => void): void {
	const latest = useRef({unsaved, onLeave})
	latest.current = {unsaved, onLeave}
	useEffect(() => {
		const here = window.location.hash
		guard = event => {
			if (window.location.hash === here || !latest.current.unsaved()) return
			if (window.confirm(question)) {
				latest.current.onLeave()
				return
			}
			// The address has changed already, and is set again. With a new entry, the button back
			// works as before, whether the user came here by a link or by that button.
			event.stopImmediatePropagation()
			history.pushState(null, '', here)
		}
		const unload = (event: BeforeUnloadEvent) => {
			if (latest.current.unsaved()) event.preventDefault()
		}
		window.addEventListener('beforeunload', unload)
		return () => {
			guard = undefined
			window.removeEventListener('beforeunload', unload)
		}
	}, [])
}
