// JSON as a tree that can be collapsed.
import type {ComponentChildren} from 'preact'
import {useState} from 'preact/hooks'
import {visible} from './url'

/** What is longer than a line, in characters, is shown as a tree. */
const line = 80

/** Values with more members are closed at first. */
const openMembers = 30

/** shownMembers bounds how many members are shown before the user asks for all. */
const shownMembers = 200

export interface JsonProps {
	value: unknown
	/** The name of a member, or the index of an element. */
	name?: string
	/** Whether all values are open. Without it, only those with few members are. */
	open?: boolean
	depth?: number
}

export function Json({value, name, open, depth = 0}: JsonProps) {
	const [all, setAll] = useState(false)
	const label = name !== undefined && <span class="json-name"><bdi>{visible(name)}</bdi>: </span>
	if (typeof value !== 'object' || value === null) return <div class="json-value">{label}<Scalar value={value} /></div>
	if (depth > 0 && JSON.stringify(value).length < line) return <div class="json-value">{label}<Line value={value} /></div>
	const array = Array.isArray(value)
	const members = Object.entries(value)
	const shown = all ? members : members.slice(0, shownMembers)
	const [begin, end] = array ? '[]' : '{}'
	const kind = !array && 'kind' in value && <Scalar value={value.kind} />
	return (
		<details class="json-value" open={open ?? members.length <= openMembers}>
			<summary>{label}{kind} <span class="weak">{begin} {members.length} {end}</span></summary>
			<div class="json-members">
				{shown.map(([key, v]) => <Json key={key} value={v} name={array ? undefined : key} open={open} depth={depth + 1} />)}
				{shown.length < members.length && <button type="button" class="small" onClick={() => setAll(true)}>Show all {members.length}</button>}
			</div>
		</details>
	)
}

/** Line shows a small value on a line. */
function Line({value}: {value: unknown}): ComponentChildren {
	if (typeof value !== 'object' || value === null) return <Scalar value={value} />
	const array = Array.isArray(value)
	const [begin, end] = array ? '[]' : '{}'
	return (
		<>
			<span class="weak">{begin}</span>
			{Object.entries(value).map(([key, v], i) => (
				<span key={key}>{i > 0 && ', '}{!array && <span class="json-name"><bdi>{visible(key)}</bdi>: </span>}<Line value={v} /></span>
			))}
			<span class="weak">{end}</span>
		</>
	)
}

function Scalar({value}: {value: unknown}) {
	return <span class={'json-' + typeof value}><bdi>{visible(JSON.stringify(value) ?? 'undefined')}</bdi></span>
}
