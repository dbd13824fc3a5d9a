// What stands above the table of runs, or instead of it.
import type {Run} from '../../api'
import {actionLabel, actions, applies, type Action} from '../../components/runactions'
import {count} from '../../format'
import {href} from '../../location'

interface SummaryProps {
	loading: boolean
	runs: number // that are shown
	first: boolean // of the pages
	more: boolean
}

/** Summary says how many runs are shown. */
export function Summary({loading, runs, first, more}: SummaryProps) {
	if (loading) return <span class="weak">Loading…</span>
	if (runs === 0) return <span />
	return (
		<span class="weak">
			{first && more && 'The newest '}
			{count(runs)} {runs === 1 ? 'run' : 'runs'}
			{more && ', and there are more'}
		</span>
	)
}

/** News says that there are new runs, which are not shown because rows would move. */
export function News({runs, onShow}: {runs: number; onShow: () => void}) {
	return (
		<span role="status">
			{runs > 0 && (
				<button type="button" class="news" onClick={onShow}>
					Show {count(runs)} new {runs === 1 ? 'run' : 'runs'}
				</button>
			)}
		</span>
	)
}

interface SelectionProps {
	runs: Run[]
	busy: ReadonlySet<string>
	ask: (action: Action, runs: Run[]) => void
	onClear: () => void
}

/** Selection acts on the selected runs. */
export function Selection({runs, busy, ask, onClear}: SelectionProps) {
	return (
		<div class="actions" role="group" aria-label="Selected runs">
			<span>{count(runs.length)} selected</span>
			{actions.map(a => {
				const able = runs.filter(r => applies(a, r) && !busy.has(r.id))
				return (
					<button
						key={a}
						type="button"
						class={a === 'delete' ? 'danger' : ''}
						aria-disabled={able.length === 0}
						onClick={() => ask(a, able)}
					>
						{actionLabel(a)} {able.length > 0 && able.length < runs.length && count(able.length)}
					</button>
				)
			})}
			<button type="button" onClick={onClear}>
				Select none
			</button>
		</div>
	)
}

/** Empty says why there is no run, and what to do. */
export function Empty({filtered, first, more}: {filtered: boolean; first: boolean; more: boolean}) {
	if (more) return null // the pager says how far the service searched
	if (!first) {
		return (
			<p class="empty">
				There are no more runs. <a href={href('/runs')}>Show the newest</a>
			</p>
		)
	}
	if (filtered) {
		return (
			<p class="empty">
				No run matches the filters. <a href={href('/runs')}>Remove all filters</a>
			</p>
		)
	}
	return (
		<div class="empty">
			<p>There are no runs yet. A run is one execution of a job, which says what to crawl.</p>
			<p>
				<a class="button primary" href={href('/jobs/new')}>
					Create a job
				</a>{' '}
				or <a href={href('/jobs')}>start a run of a job</a>
			</p>
		</div>
	)
}
