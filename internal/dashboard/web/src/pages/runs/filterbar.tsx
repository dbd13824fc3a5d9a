// The filters of the list of runs. All of them are in the address.
import {useEffect, useRef, useState} from 'preact/hooks'
import {ApiError, api, type Run} from '../../api'
import {Field} from '../../components/field'
import {local, quoted} from '../../format'
import {go, href, type Location} from '../../location'
import {useLoad} from '../../poll'
import {stopReasons} from '../../reasons'
import {filters, isId, labelKey, times, values, withFilter, without, type Filter} from './filters'
import {JobPicker} from './jobpicker'
import {TimeField} from './timefield'

const statuses: Run['status'][] = ['pending', 'running', 'paused', 'finished']

interface FilterBarProps {
	location: Location
	error: unknown // of the list, which may say what is wrong with a filter
	find: {current: HTMLInputElement | null} // the first field
}

export function FilterBar({location, error, find}: FilterBarProps) {
	const wrong = (name: string) =>
		error instanceof ApiError
			? error.fields
					.filter(f => f.field.startsWith(name))
					.flatMap(f => f.errors.map(e => e.message))
					.join('; ')
			: ''
	const add = (name: string, value: string) =>
		go(withFilter(location, name, [...new Set([...values(location, name), value])]))
	const [open, setOpen] = useState(false)
	useEffect(() => {
		if (error instanceof ApiError && error.fields.length > 0) setOpen(true) // the fields say what is wrong
	}, [error])
	return (
		<search class="filters">
			<div class="first">
				<Find input={find} onLabel={(key, value) => go(withFilter(location, `labels[${key}]`, [value]))} />
				<JobPicker error={wrong('job_ids')} onPick={id => add('job_ids', id)} />
				<Choices
					legend="Status"
					name="statuses"
					of={statuses.map(s => [s, ''])}
					location={location}
					error={wrong('statuses')}
				/>
			</div>
			<details open={open} onToggle={e => setOpen(e.currentTarget.open)}>
				<summary>More filters</summary>
				<div class="more">
					<Choices
						legend="Stop reason"
						name="stop_reasons"
						of={Object.entries(stopReasons)}
						location={location}
						error={wrong('stop_reasons')}
					/>
					<AddLabel
						error={wrong('labels')}
						onAdd={(key, value) => go(withFilter(location, `labels[${key}]`, [value]))}
					/>
					<AddIds label="Only these runs" error={wrong('include_ids')} onAdd={id => add('include_ids', id)} />
					<AddIds label="Not these runs" error={wrong('exclude_ids')} onAdd={id => add('exclude_ids', id)} />
					{Object.entries(times).map(([name, label]) => (
						<TimeField
							key={name}
							label={label}
							value={values(location, name)[0] ?? ''}
							error={wrong(name)}
							onChange={time => go(withFilter(location, name, time ? [time] : []), true)}
						/>
					))}
				</div>
			</details>
			<Chips location={location} />
		</search>
	)
}

/** Find opens the run of an id, or filters by a label. */
function Find({input, onLabel}: {input: FilterBarProps['find']; onLabel: (key: string, value: string) => void}) {
	const [problem, setProblem] = useState('')
	const submit = (event: Event) => {
		event.preventDefault()
		const text = input.current!.value.trim()
		const [, key, value] = /^([^=]+)=(.+)$/s.exec(text) ?? []
		if (isId(text)) go(href('/runs/' + text.toLowerCase()))
		else if (key && value) onLabel(key.trim(), value.trim())
		else return setProblem(text ? 'This is neither the id of a run nor a label, such as team=search.' : '')
		input.current!.value = ''
		setProblem('')
	}
	return (
		<form onSubmit={submit}>
			<Field label="Find" hint="The id of a run, or a label" error={problem}>
				{attributes => (
					<input
						{...attributes}
						ref={input}
						placeholder="id or key=value"
						autocomplete="off"
						spellcheck={false}
					/>
				)}
			</Field>
		</form>
	)
}

interface ChoicesProps {
	legend: string
	name: string
	of: [string, string][] // the values, with a sentence each
	location: Location
	error: string
}

/** Choices lets the user tick values of a parameter. */
function Choices({legend, name, of, location, error}: ChoicesProps) {
	const chosen = values(location, name)
	const toggle = (value: string) =>
		go(withFilter(location, name, chosen.includes(value) ? chosen.filter(v => v !== value) : [...chosen, value]))
	return (
		<fieldset class="choices">
			<legend>{legend}</legend>
			{of.map(([value, title]) => (
				<label key={value} title={title}>
					<input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} /> {value}
				</label>
			))}
			{error && <p class="error">{error}</p>}
		</fieldset>
	)
}

function AddLabel({error, onAdd}: {error: string; onAdd: (key: string, value: string) => void}) {
	const form = useRef<HTMLFormElement>(null)
	const submit = (event: Event) => {
		event.preventDefault()
		const data = new FormData(form.current!)
		onAdd(data.get('key') as string, data.get('value') as string)
		form.current!.reset()
	}
	return (
		<form ref={form} class="add" onSubmit={submit}>
			<Field label="Label" error={error}>
				{attributes => (
					<input
						{...attributes}
						name="key"
						placeholder="key"
						required
						maxLength={63}
						autocomplete="off"
						spellcheck={false}
					/>
				)}
			</Field>
			<input
				name="value"
				aria-label="Value of the label"
				placeholder="value"
				required
				maxLength={255}
				autocomplete="off"
				spellcheck={false}
			/>
			<button>Add</button>
		</form>
	)
}

function AddIds({label, error, onAdd}: {label: string; error: string; onAdd: (id: string) => void}) {
	const form = useRef<HTMLFormElement>(null)
	const submit = (event: Event) => {
		event.preventDefault()
		onAdd((new FormData(form.current!).get('id') as string).trim())
		form.current!.reset()
	}
	return (
		<form ref={form} class="add" onSubmit={submit}>
			<Field label={label} error={error}>
				{attributes => (
					<input
						{...attributes}
						name="id"
						placeholder="id of a run"
						required
						autocomplete="off"
						spellcheck={false}
					/>
				)}
			</Field>
			<button>Add</button>
		</form>
	)
}

/** Chips shows the filters in force and removes them. */
function Chips({location}: {location: Location}) {
	const names = useJobNames(values(location, 'job_ids'))
	const active = filters(location)
	if (active.length === 0) return null
	return (
		<ul class="chips" aria-label="Filters in force">
			{active.map(filter => {
				const text = describe(filter, names)
				return (
					<li key={filter.name + ' ' + filter.value}>
						<a
							href={without(location, filter)}
							title={`${filter.name}=${filter.value}`}
							aria-label={`Remove the filter ${text}`}
						>
							<bdi>{text}</bdi> <span aria-hidden="true">×</span>
						</a>
					</li>
				)
			})}
			<li>
				<a class="clear" href={href(location.path)}>
					Remove all
				</a>
			</li>
		</ul>
	)
}

function describe({name, value}: Filter, jobs: Record<string, string>): string {
	const key = labelKey(name)
	if (key !== undefined) return `${quoted(key)}=${quoted(value)}`
	const time = Object.hasOwn(times, name) && times[name]
	if (time) return isNaN(Date.parse(value)) ? `${time} ${quoted(value)}` : `${time} ${local(value)}`
	switch (name) {
		case 'statuses':
			return value
		case 'stop_reasons':
			return value
		case 'job_ids':
			return 'Job ' + quoted(jobs[value.toLowerCase()] ?? value)
		case 'include_ids':
			return 'Only ' + quoted(value)
		case 'exclude_ids':
			return 'Not ' + quoted(value)
		default:
			return `${quoted(name)}=${quoted(value)}`
	}
}

/** useJobNames returns the names of jobs by id, without those of deleted ones. */
function useJobNames(ids: string[]): Record<string, string> {
	const known = ids.filter(isId).slice(0, 100)
	const {data} = useLoad('names of jobs ' + known, async signal => {
		if (known.length === 0) return {}
		const {data} = await api.GET('/v1/jobs', {
			signal,
			params: {query: {view: 'summary', include_ids: known, per_page: 100}},
		})
		return Object.fromEntries(data!.items.map(job => [job.id, job.name]))
	})
	return data ?? {}
}
