// How long the buckets of a run's numbers are, to make rates of them.
import type {Run} from '../../api'

type Lasting = Pick<Run, 'status' | 'created_at' | 'started_at' | 'paused_at' | 'finished_at'>

/**
 * lengths returns how many seconds of each bucket a run lasted, at least one. The first and the last
 * bucket are not full. times are the starts of the buckets, step is their length, and now is when the
 * service counted, all in seconds. The log is a moment behind, so the length of a bucket that has
 * just begun is null: its rate would be too low.
 */
export function lengths(run: Lasting, times: number[], step: number, now: number): (number | null)[] {
	const begin = seconds(run.started_at ?? run.created_at)
	const end = seconds(run.finished_at ?? (run.status === 'paused' ? run.paused_at : null)) ?? now
	return times.map((start, i) => {
		const length = Math.min(start + step, end) - Math.max(start, begin!)
		const begun = run.status === 'running' && i > 0 && i === times.length - 1
		return begun && length < Math.min(step / 4, 30) ? null : Math.max(1, length)
	})
}

const seconds = (timestamp: string | null): number | undefined => (timestamp === null ? undefined : Date.parse(timestamp) / 1000)
