import {useId, useState} from 'preact/hooks'
import {api, message, type Job} from '../../api'
import {Field} from '../../components/field'

interface JobPickerProps {
	error?: string
	onPick: (id: string) => void
}

type Named = Pick<Job, 'id' | 'name'>

/**
 * JobPicker finds a job by its name. It suggests the latest jobs; any other is found by its whole
 * name.
 */
export function JobPicker({error, onPick}: JobPickerProps) {
	const list = useId()
	const [jobs, setJobs] = useState<Named[]>()
	const [text, setText] = useState('')
	const [problem, setProblem] = useState('')
	const suggest = async () => {
		if (jobs) return
		setJobs([])
		const {data} = await api
			.GET('/v1/jobs', {params: {query: {view: 'summary', per_page: 100}}})
			.catch(() => ({data: undefined}))
		setJobs(data?.items)
	}
	const pick = (id: string) => {
		setText('')
		setProblem('')
		onPick(id)
	}
	const type = (event: InputEvent) => {
		const value = (event.currentTarget as HTMLInputElement).value
		setProblem('')
		// A choice of the list replaces the text at once. Typing also ends with a name, but may go
		// on.
		const chosen = event.inputType === 'insertReplacementText' || event.inputType === undefined
		const job = chosen && jobs?.find(j => label(j, jobs) === value)
		if (job) return pick(job.id)
		setText(value)
	}
	const enter = async (event: KeyboardEvent) => {
		if (event.key !== 'Enter' || !text) return
		event.preventDefault()
		const suggested = jobs?.find(j => label(j, jobs) === text)
		if (suggested) return pick(suggested.id)
		try {
			const {data} = await api.GET('/v1/jobs', {params: {query: {view: 'summary', names: [text]}}})
			if (data!.items.length === 0) return setProblem('No job has this name.')
			pick(data!.items[0]!.id)
		} catch (error) {
			setProblem(message(error))
		}
	}
	return (
		<Field label="Job" hint="Its name, then Enter" error={problem || error}>
			{attributes => (
				<>
					<input
						{...attributes}
						list={list}
						value={text}
						placeholder="All jobs"
						autocomplete="off"
						spellcheck={false}
						onFocus={suggest}
						onInput={type}
						onKeyDown={enter}
					/>
					<datalist id={list}>
						{jobs?.map(j => (
							<option key={j.id} value={label(j, jobs)} />
						))}
					</datalist>
				</>
			)}
		</Field>
	)
}

/** label names a job so that jobs of the same name differ. */
function label(job: Named, among: Named[]): string {
	const same = among.filter(j => j.name === job.name).length > 1
	return same ? `${job.name} (${job.id.slice(-8)})` : job.name
}
