// Running and deleting jobs.
import {useState} from 'preact/hooks'
import {api, message, type Job} from '../../api'
import {Confirm} from '../../components/confirm'
import {toast, toastFailure} from '../../components/toast'
import {go, href} from '../../location'
import {useIdempotencyKey} from './idempotency'

/** RunNow creates a run of a job and shows it. */
export function RunNow({job, primary}: {job: Job; primary?: boolean}) {
	const [busy, setBusy] = useState(false)
	const idempotency = useIdempotencyKey()
	const run = async () => {
		setBusy(true)
		try {
			const {data} = await api.POST('/v1/jobs/{job_id}/runs', {
				params: {path: {job_id: job.id}, header: {'Idempotency-Key': idempotency.keyOf(job.id)}}, body: {},
			})
			idempotency.done()
			go(href('/runs/' + data!.id))
		} catch (error) {
			toastFailure(`Cannot run ${job.name}: ${message(error)}`)
		} finally {
			setBusy(false)
		}
	}
	return <button type="button" class={primary ? 'primary' : ''} disabled={busy} onClick={run}>Run now<span class="hidden">: {job.name}</span></button>
}

/** DeleteJob asks, and then deletes a job. */
export function DeleteJob({job, onDeleted}: {job: Job; onDeleted: () => void}) {
	const [asked, setAsked] = useState(false)
	const [busy, setBusy] = useState(false)
	const act = async () => {
		setAsked(false)
		setBusy(true)
		try {
			await api.DELETE('/v1/jobs/{job_id}', {params: {path: {job_id: job.id}}})
			toast(`Deleted ${job.name}.`)
			onDeleted()
		} catch (error) {
			toastFailure(`Cannot delete ${job.name}: ${message(error)}`)
		} finally {
			setBusy(false)
		}
	}
	return (
		<>
			<button type="button" class="danger" disabled={busy} onClick={() => setAsked(true)}>Delete<span class="hidden"> {job.name}</span></button>
			{asked && (
				<Confirm title="Delete the job?" action="Delete the job" acknowledge="I know that this cannot be undone." onConfirm={act} onCancel={() => setAsked(false)}>
					<p>The configuration and the labels of <strong><bdi>{job.name}</bdi></strong> are lost. Its finished runs stay, with their logs and artifacts. A job with unfinished runs cannot be deleted.</p>
				</Confirm>
			)}
		</>
	)
}
