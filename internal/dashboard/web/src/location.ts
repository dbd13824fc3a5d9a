// The address within the dashboard: a path and parameters in the hash of the page's URL.
import {useEffect, useState} from 'preact/hooks'

export interface Location {
	path: string // such as /runs
	params: URLSearchParams
}

/** location returns the present address. */
export function location(): Location {
	const [path, query] = split(window.location.hash.slice(1))
	return {path: path || '/runs', params: new URLSearchParams(query)}
}

/** useLocation returns the present address, and renders again when it changes. */
export function useLocation(): Location {
	const [now, set] = useState(location)
	useEffect(() => {
		const update = () => set(location())
		window.addEventListener('hashchange', update)
		return () => window.removeEventListener('hashchange', update)
	}, [])
	return now
}

export type Params = Record<string, string | string[] | undefined>

/** href returns the link to an address. It keeps the tenant. Empty parameters are left out. */
export function href(path: string, params: Params | URLSearchParams = {}): string {
	const query = new URLSearchParams()
	const entries = params instanceof URLSearchParams ? [...params] : Object.entries(params)
	for (const [name, value] of entries) {
		if (name === 'tenant') continue
		for (const v of Array.isArray(value) ? value : [value]) {
			if (v) query.append(name, v)
		}
	}
	if (tenant()) query.append('tenant', tenant())
	return '#' + path + (query.size > 0 ? '?' + query : '')
}

/**
 * go changes the address. With replace, the browser's button back does not return to the present
 * one.
 */
export function go(to: string, replace = false): void {
	if (!replace) {
		window.location.hash = to
		return
	}
	history.replaceState(history.state, '', to)
	window.dispatchEvent(new HashChangeEvent('hashchange'))
}

/** tenant returns the tenant in the address, or '' for the default one of the service. */
export function tenant(): string {
	return location().params.get('tenant') ?? ''
}

function split(hash: string): [string, string] {
	const i = hash.indexOf('?')
	return i < 0 ? [hash, ''] : [hash.slice(0, i), hash.slice(i + 1)]
}
