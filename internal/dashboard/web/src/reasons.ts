// Why a run finished, in sentences.
import type {Run} from './api'
import {count} from './format'

type Reason = NonNullable<Run['stop_reason']>

/** The stop reasons of the API, with a sentence each. */
export const stopReasons: Record<Reason, string> = {
	max_depth: 'All URLs up to the depth limit were processed. There are deeper ones.',
	max_urls: 'The run processed as many URLs as its limit permits.',
	max_empty_evaluations: 'Everything was crawled: nothing was left to do.',
	max_age: 'The run reached its maximum age, without the time when it was paused.',
	manual: 'A user or program stopped the run.',
	empty_seed: 'There were no seed URLs, or all of them were refused.',
	unknown: 'The service had to abandon the run. Its log may say more.',
}

/**
 * stopSentence says why a run finished, with its limit if the configuration of the run is known.
 */
export function stopSentence(run: Pick<Run, 'stop_reason' | 'config'>): string {
	if (!run.stop_reason) return ''
	for (const criterion of run.config?.stopping_criteria ?? []) {
		if (criterion.kind !== run.stop_reason) continue
		if (criterion.kind === 'max_urls')
			return `The run processed ${count(criterion.params.max_urls)} URLs, its limit.`
		if (criterion.kind === 'max_depth')
			return `All URLs up to depth ${count(criterion.params.max_depth)} were processed. There are deeper ones.`
		if (criterion.kind === 'max_age')
			return `The run reached its maximum age of ${criterion.params.max_age}, without the time when it was paused.`
	}
	return stopReasons[run.stop_reason] ?? run.stop_reason
}
