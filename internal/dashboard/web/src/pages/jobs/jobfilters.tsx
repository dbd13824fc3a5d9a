// The filters of the list of jobs. The address has them as the API names them, and they are sent as
// they are.
import {useState} from 'preact/hooks'
import {Field} from '../../components/field'
import {local} from '../../format'
import {go, href, type Location} from '../../location'
import {filters, labelKey, values, withFilter, without} from '../runs/filters'

interface Choice {
	param: string // labels stands for labels[key]
	label: string
	hint: string
	one?: boolean // takes one value
}

const choices: Choice[] = [
	{param: 'names', label: 'Name', hint: 'the exact name'},
	{param: 'labels', label: 'Label', hint: 'key=value'},
	{param: 'created_after', label: 'Created after', hint: '', one: true},
	{param: 'created_before', label: 'Created before', hint: '', one: true},
	{param: 'include_ids', label: 'Id', hint: 'the id of a job'},
	{param: 'exclude_ids', label: 'Not the id', hint: 'the id of a job'},
]

const perPage = 25

/** jobQuery returns the query of the request for the jobs that the address names. */
export function jobQuery(location: Location): string {
	const sent = new URLSearchParams([...location.params].filter(([name]) => name !== 'tenant'))
	if (!sent.has('per_page')) sent.set('per_page', String(perPage))
	return sent.toString()
}

/** labelHref returns the link to the jobs that have a label. */
export const labelHref = (key: string, value: string): string => href('/jobs', {[`labels[${key}]`]: value})

/** JobFilters shows the filters in force, and adds and removes them. */
export function JobFilters({location}: {location: Location}) {
	const active = filters(location)
	return (
		<search class="job-filters">
			<AddFilter location={location} />
			{active.length > 0 && (
				<ul class="chips" aria-label="Filters in force">
					{active.map(filter => {
						const text = describe(filter.name, filter.value)
						return (
							<li key={filter.name + ' ' + filter.value}>
								<a href={without(location, filter)} title={`${filter.name}=${filter.value}`} aria-label={`Remove the filter ${text}`}>
									<bdi>{text}</bdi> <span aria-hidden="true">×</span>
								</a>
							</li>
						)
					})}
					<li><a class="clear" href={href(location.path)}>Remove all</a></li>
				</ul>
			)}
		</search>
	)
}

function describe(param: string, value: string): string {
	const key = labelKey(param)
	if (key !== undefined) return `${key}=${value}`
	const label = choices.find(c => c.param === param)?.label ?? param
	const time = param.startsWith('created_') && !isNaN(Date.parse(value))
	return `${label} ${time ? local(value) : value}`
}

function AddFilter({location}: {location: Location}) {
	const [choice, setChoice] = useState(choices[0]!)
	const [value, setValue] = useState('')
	const [incomplete, setIncomplete] = useState('')
	const add = (event: Event) => {
		event.preventDefault()
		const found = paramOf(choice, value.trim())
		setIncomplete(found ? '' : choice.param === 'labels' ? 'A label is written key=value.' : 'Enter a value.')
		if (!found) return
		const [name, to] = found
		go(withFilter(location, name, choice.one || choice.param === 'labels' ? [to] : [...new Set([...values(location, name), to])]))
		setValue('')
	}
	const input = (e: Event) => setValue((e.currentTarget as HTMLInputElement).value)
	return (
		<form class="add-filter" onSubmit={add}>
			<Field label="Filter by">
				{attributes => (
					<select {...attributes} value={choice.param} onChange={e => { setChoice(choices.find(c => c.param === e.currentTarget.value)!); setValue('') }}>
						{choices.map(c => <option key={c.param} value={c.param}>{c.label}</option>)}
					</select>
				)}
			</Field>
			<Field label={choice.label} error={incomplete}>
				{attributes => choice.param.startsWith('created_')
					? <input {...attributes} key="time" type="datetime-local" value={value} onInput={input} />
					: <input {...attributes} key="text" value={value} placeholder={choice.hint} autocomplete="off" spellcheck={false} onInput={input} />}
			</Field>
			<button>Filter</button>
		</form>
	)
}

/**
 * paramOf returns the parameter that a choice with a value is, or undefined if the value is not
 * complete.
 */
function paramOf(choice: Choice, value: string): [name: string, value: string] | undefined {
	if (!value) return undefined
	if (choice.param.startsWith('created_')) return [choice.param, new Date(value).toISOString()] // the input is in the time zone of the browser
	if (choice.param !== 'labels') return [choice.param, value]
	const [, key, of] = /^([^=]+)=(.+)$/s.exec(value) ?? []
	return key && of ? [`labels[${key.trim()}]`, of.trim()] : undefined
}
