// The last outcomes of a run, as they happen.
import type {Run} from '../../api'
import {href} from '../../location'
import type {LogEntry} from './types'
import {Outcome} from './outcome'
import {LogLink} from './url'

const shown = 8

export function Recent({run, entries}: {run: Run; entries: LogEntry[]}) {
	if (run.status === 'finished' || entries.length === 0) return null
	return (
		<>
			<h2>Last outcomes</h2>
			<ul class="recent">
				{entries.slice(0, shown).map(e => <li key={e.id}><Outcome of={e} /> <LogLink run={run.id} url={e.url} /></li>)}
			</ul>
			<p><a href={href('/runs/' + run.id, {tab: 'log'})}>Show the log</a></p>
		</>
	)
}
