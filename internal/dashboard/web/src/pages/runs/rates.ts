// How fast runs crawl, from the difference of two loads.
import type {Run} from '../../api'

/**
 * span is over how much time a rate is averaged, in ms. Runs record their progress every few
 * seconds.
 */
const span = 12_000

/** Rates remembers how many URLs runs had processed at the last loads. */
export class Rates {
	private samples = new Map<string, {at: number; processed: number}[]>()

	/**
	 * add remembers the runs of a load at a time in ms, and forgets others. It returns their rates
	 * per second.
	 */
	add(runs: Run[], at: number): Record<string, number> {
		const rates: Record<string, number> = {}
		const next: typeof this.samples = new Map()
		for (const run of runs) {
			if (run.status !== 'running') continue
			const processed = run.progress.urls_fetched + run.progress.urls_failed
			const recent = (this.samples.get(run.id) ?? []).filter(s => at - s.at <= span)
			const first = recent[0]
			if (first && at > first.at)
				rates[run.id] = Math.round(((processed - first.processed) / (at - first.at)) * 10_000) / 10
			next.set(run.id, [...recent, {at, processed}])
		}
		this.samples = next
		return rates
	}
}
