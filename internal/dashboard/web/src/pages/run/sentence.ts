// What a run does, or why it ended, in a sentence.
import type {Run} from '../../api'
import {count} from '../../format'
import {stopSentence, waitSentence} from '../../reasons'

/** sentence says why a run finished, or what an unfinished run does or waits for. */
export function sentence(run: Run): string {
	const n = run.progress.urls_queued
	const queued = `${count(n)} ${n === 1 ? 'URL is' : 'URLs are'} queued.`
	if (run.progress.waiting_for) return waitSentence(run.progress.waiting_for)
	switch (run.status) {
		case 'pending':
			return 'It waits for a worker to start it. That usually takes a second.'
		case 'running':
			return n > 0 ? `It is crawling. ${queued}` : 'It is running. No URL is queued.'
		case 'paused':
			return `It is paused and waits to be resumed. ${queued}`
		case 'finished':
			return stopSentence(run)
	}
}
