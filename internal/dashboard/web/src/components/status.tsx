import type {Run} from '../api'

/** StatusBadge shows the status of a run, and why it finished. */
export function StatusBadge({run}: {run: Pick<Run, 'status' | 'stop_reason'>}) {
	return (
		<span class={'status ' + run.status}>
			{run.status}
			{run.stop_reason && <span class="reason">: {run.stop_reason}</span>}
		</span>
	)
}
