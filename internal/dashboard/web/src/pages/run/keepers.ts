import type {Run} from '../../api'

/** keepers returns the ids of the pipelines of a run that keep artifacts. */
export function keepers(run: Run): string[] {
	return (run.config?.pipelines ?? []).flatMap((p, i) =>
		p.actions?.some(a => a.kind === 'to_blob') ? [p.id ?? `pipeline-${i + 1}`] : [])
}
