// The rows of the table. They do not move while the user is about to act on one.
import {useRef} from 'preact/hooks'
import type {Run} from '../../api'

export interface Row {
	run: Run
	gone: boolean // the list no longer has it
}

export interface Steady {
	rows: Row[]
	/** How many runs of the list are not shown yet. */
	added: number
	/** show shows the list as it is. */
	show: () => void
}

/**
 * useSteady returns the rows of a list. While held, the rows stay in their places and only their
 * content changes: runs that are new are counted, and runs that left the list remain as gone. Only
 * the user's own deletions remove rows.
 */
export function useSteady(key: string, loaded: Run[] | undefined, held: boolean, changes: Changes): Steady {
	const shown = useRef<{key: string; runs: Run[]}>(undefined)
	const last = shown.current
	if (!loaded) return {rows: [], added: 0, show: () => {}}
	const runs = changes.apply(loaded)
	const show = () => {
		shown.current = {key, runs}
	}
	if (!held || !last || last.key !== key || last.runs.length === 0) {
		show()
		return {rows: runs.map(run => ({run, gone: false})), added: 0, show}
	}
	const now = new Map(runs.map(run => [run.id, run]))
	const rows = changes.apply(last.runs).map(run => ({run: now.get(run.id) ?? run, gone: !now.has(run.id)}))
	const before = new Set(last.runs.map(run => run.id))
	// What is gone keeps the content that it had last.
	shown.current = {key, runs: rows.map(r => r.run)}
	return {rows, added: runs.filter(run => !before.has(run.id)).length, show}
}

/**
 * Changes are what the service said about runs after actions, which a load that began before may
 * not have.
 */
export class Changes {
	private after = new Map<string, Run | null>()

	/** add remembers a run as it is after an action, or null if it was deleted. */
	add(id: string, run: Run | null): void {
		this.after.set(id, run)
	}

	/** apply returns runs as they are after the changes. */
	apply(runs: Run[]): Run[] {
		return runs.flatMap(run => {
			const after = this.after.get(run.id)
			if (after === undefined) return run
			if (after === null) return []
			// updated_at is when the status changed, in a format that sorts.
			return after.updated_at > run.updated_at ? after : run
		})
	}
}
