// Why a run finished or waits, in sentences.
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

/** stopSentence says why a run finished, with the numbers that are known. */
export function stopSentence(run: StoppedRun): string {
	return run.stop_reason ? (ends[run.stop_reason] ?? (() => run.stop_reason!))(run) : ''
}

/**
 * The members that say why a run finished. A run of a list with view=summary has no configuration.
 */
type StoppedRun = Pick<Run, 'stop_reason' | 'config' | 'progress'>

const ends: Record<Reason, (run: StoppedRun) => string> = {
	max_urls: run => `It reached max_urls: ${urls(Number(limit(run, 'max_urls') ?? processed(run)))} processed.`,
	max_depth: run =>
		`It reached max_depth: every URL up to ${links(Number(limit(run, 'max_depth') ?? run.progress.depth))} from a seed was processed, and deeper ones were discovered.`,
	max_age: run =>
		`It reached max_age: it ran for ${limit(run, 'max_age') ?? 'as long as it may'}, without the time when it was paused.${left(run)}`,
	max_empty_evaluations: run => {
		const n = Number(limit(run, 'max_empty_evaluations') ?? 1)
		return `It had nothing left to do: ${urls(processed(run))} processed${n > 1 ? `, and ${n} evaluations in a row found no other` : ''}.${failures(run)}`
	},
	manual: run => `It was stopped by request.${left(run)}`,
	empty_seed: run =>
		`It had no seed to crawl: ${run.progress.urls_excluded > 0 ? 'filters, robots.txt or bounds refuse every seed' : 'the configuration and its sitemaps have none'}.`,
	unknown: () =>
		'The service had to abandon it and recorded no reason. That happens if a run knows more URLs than the memory of a crawler holds, or if its workers fail again and again.',
}

type WaitReason = NonNullable<Run['progress']['waiting_for']>

const waits: Record<WaitReason, string> = {
	memory: 'It waits for memory: the URLs that it knows do not fit into what is free.',
}

/** waitSentence says why no worker crawls a run that is due. */
export const waitSentence = (reason: WaitReason): string => waits[reason] ?? `It waits for ${reason}.`

/** limit returns the bound of a stopping criterion, or undefined if it is not known. */
export function limit(run: Pick<Run, 'config'>, kind: string): number | string | undefined {
	for (const criterion of run.config?.stopping_criteria ?? []) {
		if (criterion.kind === kind) return (criterion.params as Record<string, number | string>)[kind]
	}
	return undefined
}

/** left says how many URLs were not processed. */
const left = ({progress}: StoppedRun): string => (progress.urls_queued > 0 ? ` ${urls(progress.urls_queued)} left.` : '')

const processed = ({progress}: StoppedRun): number => progress.urls_fetched + progress.urls_failed

/** failures says that nothing was fetched, if so: the crawl is then not what the user wanted. */
const failures = ({progress: {urls_fetched, urls_failed}}: StoppedRun): string =>
	urls_fetched > 0 || urls_failed === 0 ? '' : urls_failed === 1 ? ' It failed: the log says why.' : ' All failed: the log says why.'

/** urls begins a statement on URLs, such as "1 URL was" or "20 URLs were". */
const urls = (n: number): string => `${count(n)} ${n === 1 ? 'URL was' : 'URLs were'}`

const links = (n: number): string => `${count(n)} ${n === 1 ? 'link' : 'links'}`
