// The resolved configuration of a run.
import {useState} from 'preact/hooks'
import {href} from '../../location'
import {Copy} from './copy'
import {Json} from './json'
import type {TabProps} from './run'

export function ConfigurationTab({run}: TabProps) {
	const [all, setAll] = useState<{open: boolean; turn: number}>()
	const set = (open: boolean) => setAll({open, turn: (all?.turn ?? 0) + 1})
	return (
		<>
			<div class="run-bar">
				<h2 class="hidden">Configuration</h2>
				<Copy text={JSON.stringify(run.config, null, 2)} label="Copy" />
				<button type="button" class="small" onClick={() => set(true)}>Expand all</button>
				<button type="button" class="small" onClick={() => set(false)}>Collapse all</button>
				<a href={href(`/jobs/${run.job_id}/edit`)}>Edit the job</a>
			</div>
			<p class="weak">The configuration of the job when the run was created, with every default. It never changes: an edit of the job applies to its next runs.</p>
			<div class="json"><Json key={all?.turn} value={run.config} open={all?.open} /></div>
		</>
	)
}
