// The filters of a list, which are parameters of the address.
import {useEffect, useRef, useState} from 'preact/hooks'
import {go, href, type Location} from '../../location'
import {visible} from './url'

/** A filter of a list. Its name is that of the parameter of the API and of the address. */
export type Filter = {name: string; label: string} & (
	| {kind: 'choice'; values: readonly string[]} // some of a few values
	| {kind: 'one-of-many'; values: readonly string[]} // some of many values
	| {kind: 'texts'; hint: string} // texts, separated by commas or spaces
	| {kind: 'text'; hint: string}
	| {kind: 'time'}
)

/** query returns the parameters of the API that the address has of the filters, and the page. */
export function query(location: Location, filters: Filter[]): Record<string, string[] | undefined> {
	const names = [...filters.map(f => f.name), 'page']
	return Object.fromEntries(names.map(name => [name, location.params.getAll(name)]).filter(([, values]) => values!.length > 0))
}

/** changed returns the address with other values of a parameter, from the first page on. */
function changed(location: Location, name: string, values: string[]): string {
	const params = new URLSearchParams(location.params)
	for (const p of [name, 'page', 'open']) params.delete(p)
	for (const v of values) params.append(name, v)
	return href(location.path, params)
}

/** without returns the address without any of the filters. */
export function without(location: Location, filters: Filter[]): string {
	const params = new URLSearchParams(location.params)
	for (const name of [...filters.map(f => f.name), 'page', 'open']) params.delete(name)
	return href(location.path, params)
}

export function Filters({location, filters}: {location: Location; filters: Filter[]}) {
	const used = filters.filter(f => location.params.has(f.name))
	// The filters of a shared address are visible, where they do not push the list away.
	const [open, setOpen] = useState(used.length > 0 && window.innerWidth > 640)
	return (
		<div class="run-filters">
			<details open={open} onToggle={e => setOpen(e.currentTarget.open)}>
				<summary>Filters</summary>
				<form class="filter-fields" role="search" onSubmit={e => e.preventDefault()}>
					{filters.map(f => <FilterField key={f.name} filter={f} location={location} />)}
				</form>
			</details>
			{used.length > 0 && (
				<p class="used">
					{used.map(f => <span key={f.name}>{f.label} <b><bdi>{visible(location.params.getAll(f.name).join(', '))}</bdi></b></span>)}
					<a href={without(location, filters)}>Remove all</a>
				</p>
			)}
		</div>
	)
}

function FilterField({filter, location}: {filter: Filter; location: Location}) {
	const values = location.params.getAll(filter.name)
	const set = (values: string[], replace = false) => go(changed(location, filter.name, values), replace)
	switch (filter.kind) {
		case 'choice':
			return <Choice filter={filter} values={values} set={set} />
		case 'one-of-many':
			return <OneOfMany filter={filter} values={values} set={set} />
		case 'time':
			return (
				<label class="filter">
					{filter.label}
					<input type="datetime-local" step="1" value={toLocal(values[0])} onChange={e => set(fromLocal(e.currentTarget.value))} />
				</label>
			)
		default:
			return <Text filter={filter} values={values} set={set} />
	}
}

interface FieldProps<F> {
	filter: F
	values: string[]
	set: (values: string[], replace?: boolean) => void
}

function Choice({filter, values, set}: FieldProps<Filter & {kind: 'choice'}>) {
	const toggle = (value: string) => set(values.includes(value) ? values.filter(v => v !== value) : [...values, value])
	return (
		<fieldset class="filter">
			<legend>{filter.label}</legend>
			{filter.values.map(v => (
				<label key={v}><input type="checkbox" checked={values.includes(v)} onChange={() => toggle(v)} /> {v}</label>
			))}
		</fieldset>
	)
}

function OneOfMany({filter, values, set}: FieldProps<Filter & {kind: 'one-of-many'}>) {
	return (
		<div class="filter">
			<label>
				{filter.label}
				<select value="" onChange={e => set([...values, e.currentTarget.value])}>
					<option value="">{values.length > 0 ? 'Add …' : 'All'}</option>
					{filter.values.filter(v => !values.includes(v)).map(v => <option key={v} value={v}>{v}</option>)}
				</select>
			</label>
			{values.length > 0 && (
				<ul class="filter-chosen">
					{values.map(v => (
						<li key={v}><button type="button" class="small" onClick={() => set(values.filter(w => w !== v))} aria-label={`Remove ${v}`}><bdi>{v}</bdi> ×</button></li>
					))}
				</ul>
			)}
		</div>
	)
}

/**
 * Text is a field for texts. The list changes a moment after the last key, and at once by Enter.
 */
function Text({filter, values, set}: FieldProps<Filter & {kind: 'text' | 'texts'}>) {
	const joined = values.join(', ')
	const [text, setText] = useState(joined)
	const timer = useRef(0)
	const sent = useRef(joined)
	// Another address, such as that of the button back, replaces the text.
	useEffect(() => {
		if (sent.current !== joined) setText(joined)
		sent.current = joined
	}, [joined])
	useEffect(() => () => window.clearTimeout(timer.current), [])

	const send = (text: string) => {
		window.clearTimeout(timer.current)
		const values = (filter.kind === 'text' ? [text.trim()] : text.split(/[\s,]+/)).filter(v => v !== '')
		sent.current = values.join(', ')
		set(values, true)
	}
	const typed = (event: Event) => {
		const {value} = event.currentTarget as HTMLInputElement
		setText(value)
		window.clearTimeout(timer.current)
		timer.current = window.setTimeout(() => send(value), 500)
	}
	return (
		<label class="filter wide">
			{filter.label}
			<input value={text} placeholder={filter.hint} spellcheck={false} autocapitalize="off" onInput={typed}
				onKeyDown={e => e.key === 'Enter' && send(e.currentTarget.value)} />
		</label>
	)
}

/** toLocal returns a timestamp as the field for times has it, in the time zone of the browser. */
function toLocal(time: string | undefined): string {
	const ms = Date.parse(time ?? '')
	if (Number.isNaN(ms)) return ''
	return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

function fromLocal(value: string): string[] {
	const ms = Date.parse(value)
	return Number.isNaN(ms) ? [] : [new Date(ms).toISOString()]
}
