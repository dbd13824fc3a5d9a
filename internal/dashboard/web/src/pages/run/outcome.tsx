import type {LogEntry} from './types'

/**
 * Outcome shows what happened to a URL in a few characters: the status of the response, and what is
 * wrong.
 */
export function Outcome({of: entry}: {of: Pick<LogEntry, 'status' | 'http_status' | 'error_reason' | 'step'>}) {
	const reason = entry.error_reason === 'http_status' ? null : entry.error_reason
	return (
		<span class={'outcome ' + entry.status}>
			<strong>{entry.http_status ?? (entry.status === 'error' ? 'failed' : entry.status)}</strong>
			{reason && <span> {reason}</span>}
		</span>
	)
}
