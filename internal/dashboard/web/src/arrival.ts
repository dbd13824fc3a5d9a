// What happens when the user goes to another page.
import {useLayoutEffect, useRef} from 'preact/hooks'

// How far the pages of the history were scrolled, by their URLs. The browser cannot restore it
// itself, because it does so before a page is rendered.
const scrolled = new Map<string, number>()
history.scrollRestoration = 'manual'
window.addEventListener('scroll', () => scrolled.set(window.location.href, window.scrollY), {passive: true})

/**
 * useArrival moves the focus to the heading of each page that the user goes to, so that screen
 * readers read it and Tab goes on from there. A page that the user returns to is scrolled as it
 * was.
 */
export function useArrival(path: string, main: {current: HTMLElement | null}): void {
	const first = useRef(true)
	useLayoutEffect(() => {
		const returned = history.state?.visited === true
		history.replaceState({visited: true}, '')
		if (first.current) {
			first.current = false // the browser has just opened the page
			return
		}
		window.scrollTo(0, returned ? (scrolled.get(window.location.href) ?? 0) : 0)
		const heading = main.current?.querySelector('h1') ?? main.current
		heading?.setAttribute('tabindex', '-1')
		heading?.focus({preventScroll: true})
	}, [path])
}
