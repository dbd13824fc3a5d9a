import {useEffect, useRef, useState} from 'preact/hooks'
import {Field} from '../../components/field'

/** pause is how long the user must not type until a time is taken, in ms. */
const pause = 500

interface TimeFieldProps {
	label: string
	value: string // a timestamp, or ''
	error?: string
	onChange: (timestamp: string) => void
}

/** TimeField takes a timestamp in the time zone of the browser. */
export function TimeField({label, value, error, onChange}: TimeFieldProps) {
	const [text, setText] = useState(() => localText(value))
	const timer = useRef<number>(undefined)
	useEffect(() => setText(localText(value)), [value])
	useEffect(() => () => window.clearTimeout(timer.current), [])
	const type = (event: Event) => {
		const input = event.currentTarget as HTMLInputElement
		window.clearTimeout(timer.current)
		if (input.validity.badInput) return // not complete yet
		setText(input.value)
		const timestamp = input.value && new Date(input.value).toISOString()
		timer.current = window.setTimeout(onChange, pause, timestamp)
	}
	return (
		<Field label={label} error={error}>
			{attributes => <input {...attributes} type="datetime-local" step={1} value={text} onInput={type} />}
		</Field>
	)
}

/** localText returns a timestamp as the browser's input takes it, or '' if it is none. */
function localText(timestamp: string): string {
	const at = new Date(timestamp)
	if (isNaN(at.getTime())) return ''
	return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
