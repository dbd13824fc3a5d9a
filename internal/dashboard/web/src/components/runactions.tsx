// Pause, resume, stop and delete runs.
import {useRef, useState} from 'preact/hooks'
import {api, message, type Run} from '../api'
import {count, quoted} from '../format'
import {Confirm} from './confirm'
import {toast, toastFailure} from './toast'

export type Action = 'pause' | 'resume' | 'stop' | 'delete'

/** The members of a run that its actions need. A run of a list with view=summary has them too. */
export type ActionRun = Pick<Run, 'id' | 'job_name' | 'status' | 'progress'>

/** What a run was after an action, or null if it was deleted. */
export type Changed = (id: string, run: Run | null) => void

interface Verb {
	label: string
	done: string
	from: Run['status'][] // as the API permits it, without what would change nothing
	undo?: Action
	call: (id: string) => Promise<Run | null>
}

const put = async (result: Promise<{data?: Run}>) => (await result).data!
const path = (id: string) => ({params: {path: {run_id: id}}})

const verbs: Record<Action, Verb> = {
	pause: {
		label: 'Pause',
		done: 'Paused',
		from: ['running'],
		undo: 'resume',
		call: id => put(api.PUT('/v1/runs/{run_id}/pause', path(id))),
	},
	resume: {
		label: 'Resume',
		done: 'Resumed',
		from: ['paused'],
		undo: 'pause',
		call: id => put(api.PUT('/v1/runs/{run_id}/resume', path(id))),
	},
	stop: {
		label: 'Stop',
		done: 'Stopped',
		from: ['pending', 'running', 'paused'],
		call: id => put(api.PUT('/v1/runs/{run_id}/stop', path(id))),
	},
	delete: {
		label: 'Delete',
		done: 'Deleted',
		from: ['pending', 'running', 'paused', 'finished'],
		call: async id => {
			await api.DELETE('/v1/runs/{run_id}', path(id))
			return null
		},
	},
}

/** The actions, in the order of their buttons. */
export const actions = Object.keys(verbs) as Action[]

/** actionLabel returns the words of the button of an action. */
export const actionLabel = (action: Action): string => verbs[action].label

/** applies tells whether an action changes a run in its status. */
export const applies = (action: Action, run: Pick<Run, 'status'>): boolean => verbs[action].from.includes(run.status)

/**
 * slot is the key of the button of an action. Pause becomes resume in its place, and keeps the
 * focus.
 */
export const slot = (action: Action): string => (action === 'resume' ? 'pause' : action)

/** runName names a run for people: its job and the end of its id, which differs between runs. */
export const runName = (run: Pick<ActionRun, 'id' | 'job_name'>): string =>
	`${quoted(run.job_name ?? 'a run')} (${run.id.slice(-8)})`

const several = (runs: ActionRun[]) => (runs.length === 1 ? runName(runs[0]!) : `${count(runs.length)} runs`)

/**
 * useRunActions returns what acts on runs. ask starts an action: stop and delete ask first. A pause
 * or resume can be undone, so it happens at once. busy has the ids of the runs that are being
 * changed. dialog must be part of the page. Each result is a message; a failed action says why, for
 * each run. onFailure is called after an action that failed: the run may be other than the page
 * shows.
 */
export function useRunActions(onChange: Changed, onFailure?: () => void) {
	const [asked, setAsked] = useState<{action: Action; runs: ActionRun[]}>()
	const [busy, setBusy] = useState<ReadonlySet<string>>(new Set())
	const latest = useRef({onChange, onFailure})
	latest.current = {onChange, onFailure}

	const act = async (action: Action, runs: ActionRun[], undone = false) => {
		setAsked(undefined)
		setBusy(b => new Set([...b, ...runs.map(r => r.id)]))
		const results = await Promise.all(
			runs.map(async run => {
				try {
					const after = await verbs[action].call(run.id)
					latest.current.onChange(run.id, after)
					return {run, after, error: undefined}
				} catch (error) {
					return {run, after: null, error}
				} finally {
					setBusy(b => new Set([...b].filter(id => id !== run.id)))
				}
			}),
		)
		if (results.some(r => r.error !== undefined)) latest.current.onFailure?.()
		report(action, results, undone ? undefined : runs => act(verbs[action].undo!, runs, true))
	}
	const ask = (action: Action, runs: ActionRun[]) => {
		const able = runs.filter(run => applies(action, run) && !busy.has(run.id))
		if (able.length === 0) return
		if (action === 'stop' || action === 'delete') setAsked({action, runs: able})
		else act(action, able)
	}
	const dialog = asked && (
		<Question {...asked} onConfirm={() => act(asked.action, asked.runs)} onCancel={() => setAsked(undefined)} />
	)
	return {ask, busy, dialog, asking: asked !== undefined}
}

interface Result {
	run: ActionRun
	after: Run | null
	error: unknown
}

/** report says which runs an action changed, and why it failed for others. */
function report(action: Action, results: Result[], undo?: (runs: ActionRun[]) => void) {
	const done = results.filter(r => r.error === undefined)
	if (done.length > 0) {
		// The undo starts from what the service said that the runs are now.
		const after = done.flatMap(r => r.after ?? [])
		const offer = undo && verbs[action].undo && after.length > 0
		toast(`${verbs[action].done} ${several(done.map(r => r.run))}.`, offer ? () => undo(after) : undefined)
	}
	const failed = results.filter(r => r.error !== undefined)
	if (failed.length === 1) toastFailure(`Cannot ${action} ${runName(failed[0]!.run)}: ${message(failed[0]!.error)}.`)
	if (failed.length > 1) {
		toastFailure(
			`Cannot ${action} ${failed.length} of ${results.length} runs:`,
			failed.map(({run, error}) => `${runName(run)}: ${message(error)}`),
		)
	}
}

/** Question says what an action ends or loses, and asks whether to do it. */
function Question({
	action,
	runs,
	onConfirm,
	onCancel,
}: {
	action: Action
	runs: ActionRun[]
	onConfirm: () => void
	onCancel: () => void
}) {
	const one = runs.length === 1
	const queued = runs.reduce((sum, r) => sum + (r.status === 'finished' ? 0 : r.progress.urls_queued), 0)
	const processed = runs.reduce((sum, r) => sum + r.progress.urls_fetched + r.progress.urls_failed, 0)
	const unfinished = runs.filter(r => r.status !== 'finished').length
	const props = {title: `${verbs[action].label} ${several(runs)}?`, onConfirm, onCancel}
	if (action === 'stop') {
		return (
			<Confirm {...props} action={one ? 'Stop the run' : `Stop ${count(runs.length)} runs`}>
				<p>
					A stopped run cannot be resumed. {queued > 0 && `${count(queued)} queued URLs are not fetched. `}
					What was recorded stays: the log, artifacts and exports.
				</p>
				<Names runs={runs} />
			</Confirm>
		)
	}
	return (
		<Confirm
			{...props}
			action={one ? 'Delete the run' : `Delete ${count(runs.length)} runs`}
			acknowledge="I know that this cannot be undone."
		>
			<p>
				{unfinished > 0 &&
					(one ? 'The run is ended first. ' : `${count(unfinished)} unfinished runs are ended first. `)}
				Everything that {one ? 'the run' : 'the runs'} recorded is lost: the log ({count(processed)} processed
				URLs), all artifacts and all exports.
			</p>
			<Names runs={runs} />
		</Confirm>
	)
}

function Names({runs}: {runs: ActionRun[]}) {
	if (runs.length === 1) return null
	return (
		<ul class="names">
			{runs.map(r => (
				<li key={r.id}>
					<bdi>{runName(r)}</bdi> <span class="weak">{r.status}</span>
				</li>
			))}
		</ul>
	)
}

/**
 * RunActions shows the buttons of the actions that a run permits. onChange gets the run as it is
 * after an action.
 */
export function RunActions({run, onChange, onFailure}: {run: ActionRun; onChange: Changed; onFailure?: () => void}) {
	const {ask, busy, dialog} = useRunActions(onChange, onFailure)
	return (
		<div class="actions">
			{actions
				.filter(a => applies(a, run))
				.map(a => (
					<button
						key={slot(a)}
						type="button"
						class={a === 'delete' ? 'danger' : ''}
						aria-disabled={busy.has(run.id)}
						onClick={() => ask(a, [run])}
					>
						{actionLabel(a)}
					</button>
				))}
			{dialog}
		</div>
	)
}
