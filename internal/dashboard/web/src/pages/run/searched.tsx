import {count} from '../../format'
import type {Searched} from './types'

/** ReadSoFar says how much of the log the service has read, while it does not know all of it. */
export function ReadSoFar({searched}: {searched: Searched | undefined}) {
	if (!searched) return null
	return (
		<p class="searched" role="status">
			<progress value={searched.parts} max={searched.of} aria-label="Read of the log" />
			The service has read {count(searched.parts)} of {count(searched.of)} parts of the log so far. The numbers grow while it reads the rest.
		</p>
	)
}
