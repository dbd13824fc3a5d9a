import type {Run} from '../api'
import {compact, count} from '../format'

/**
 * Progress shows how many URLs a run has processed, of its limit or, if that is unknown or greater,
 * of the URLs it knows.
 */
export function Progress({run, limit}: {run: Pick<Run, 'status' | 'progress'>; limit?: number}) {
	const {urls_fetched, urls_failed, urls_queued} = run.progress
	const processed = urls_fetched + urls_failed
	const known = processed + urls_queued
	const total = limit !== undefined && limit < known ? limit : known
	const text =
		run.status === 'finished' || total === 0
			? count(processed)
			: `${count(processed)} of ${total < 100_000 ? count(total) : compact(total)}`
	return (
		<span class="progress">
			<span>{text}</span>
			{run.status !== 'finished' && (
				<progress value={processed} max={Math.max(total, 1)} aria-label="Processed URLs">
					{text}
				</progress>
			)}
		</span>
	)
}
