// The filters of the list. The address has them as the API names them, and they are sent as they
// are: a parameter that the API refuses is refused here too, and none is ignored.
import {href, type Location} from '../../location'

export const perPage = 50

/** The parameters of the address that are not sent as they are. */
const own = new Set(['tenant', 'view'])

/** query returns the query of the request for the runs that the address names. */
export function query(location: Location): string {
	const sent = new URLSearchParams([...location.params].filter(([name]) => !own.has(name)))
	if (!sent.has('per_page')) sent.set('per_page', String(perPage))
	sent.set('view', 'summary')
	return sent.toString()
}

/** isFirst tells whether the address names the first page. */
export const isFirst = (location: Location): boolean => !location.params.has('page')

export interface Filter {
	name: string // its parameter, such as statuses or labels[team]
	value: string
}

/** filters returns the filters of the address, one for each value. */
export function filters(location: Location): Filter[] {
	return [...location.params]
		.filter(([name]) => !own.has(name) && name !== 'page' && name !== 'per_page')
		.map(([name, value]) => ({name: plain(name), value}))
}

// Each list has a second spelling, such as statuses[]. labels[team] is a name of its own.
const plain = (name: string) => (name.endsWith('[]') ? name.slice(0, -2) : name)

/** values returns the values of a parameter. */
export const values = (location: Location, name: string): string[] =>
	filters(location)
		.filter(f => f.name === name)
		.map(f => f.value)

/** withFilter returns the address with other values of a parameter, on the first page. */
export function withFilter(location: Location, name: string, to: string[]): string {
	const params = new URLSearchParams([...location.params].filter(([n]) => plain(n) !== name && n !== 'page'))
	for (const value of to) params.append(name, value)
	return href(location.path, params)
}

/** without returns the address without one filter, on the first page. */
export const without = (location: Location, {name, value}: Filter): string =>
	withFilter(
		location,
		name,
		values(location, name).filter(v => v !== value),
	)

/** labelKey returns the key of a parameter such as labels[team], or undefined. */
export const labelKey = (name: string): string | undefined => /^labels\[(.+)\]$/s.exec(name)?.[1]

export const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)

/** The parameters that are times, with their names for people. */
export const times: Record<string, string> = {
	created_after: 'Created after',
	created_before: 'Created before',
	started_after: 'Started after',
	started_before: 'Started before',
	finished_after: 'Finished after',
	finished_before: 'Finished before',
	updated_after: 'Status changed after',
}
