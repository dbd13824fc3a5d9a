// Numbers and times for people.

const numbers = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', {notation: 'compact', maximumFractionDigits: 1})

/** count formats a whole number with separators. */
export const count = (n: number): string => numbers.format(n)

/** compact formats a number in a few characters, such as 1.2M. */
export const compact = (n: number): string => short.format(n)

/** bytes formats a size, such as 1.2 MB. */
export function bytes(n: number): string {
	const units = ['B', 'kB', 'MB', 'GB', 'TB']
	let i = 0
	for (; n >= 1000 && i < units.length - 1; i++) n /= 1000
	return (i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)) + ' ' + units[i]
}

/** duration formats milliseconds in two units, such as 2h 5m. */
export function duration(ms: number): string {
	const s = Math.max(0, Math.round(ms / 1000))
	if (s < 60) return s + 's'
	if (s < 3600) return `${Math.floor(s / 60)}m ${s % 60}s`
	if (s < 86400) return `${Math.floor(s / 3600)}h ${Math.floor((s % 3600) / 60)}m`
	return `${Math.floor(s / 86400)}d ${Math.floor((s % 86400) / 3600)}h`
}

/** since formats the time from a timestamp until now, such as 2h 5m. */
export const since = (time: string): string => duration(Date.now() - Date.parse(time))

/** local formats a timestamp in the time zone of the browser. */
export const local = (time: string): string =>
	new Date(time).toLocaleString(undefined, {dateStyle: 'medium', timeStyle: 'medium'})

/** ago says how long ago something was, such as 5m ago, or '' if it was more than 30 days ago. */
export function ago(ms: number): string {
	const s = Math.floor(ms / 1000)
	if (s < 0) return s > -5 ? 'now' : '' // the clocks of the browser and the service differ
	if (s < 5) return 'now'
	if (s < 60) return s + 's ago'
	if (s < 3600) return Math.floor(s / 60) + 'm ago'
	if (s < 86400) return Math.floor(s / 3600) + 'h ago'
	return s < 30 * 86400 ? Math.floor(s / 86400) + 'd ago' : ''
}

/** rate formats a number per second, such as 12.5/s. */
export const rate = (perSecond: number): string =>
	(perSecond >= 100 ? count(Math.round(perSecond)) : perSecond.toFixed(1)) + '/s'

/**
 * quoted returns text of a tenant for a place within a sentence: cut to some characters, and so
 * that its direction does not reorder what stands beside it (UAX #9, 2.7).
 */
export function quoted(text: string, characters = 60): string {
	const all = [...text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')]
	const cut = all.length > characters ? all.slice(0, characters - 1).join('') + '…' : all.join('')
	return /^[ -~…]*$/.test(cut) ? cut : `\u2068${cut}\u2069`
}
