// The inputs of the form. Each shows and changes one value of the configuration. An empty input is
// a value that is not sent, so the service uses its default.
import {createContext, type ComponentChildren} from 'preact'
import {useContext, useId, useState} from 'preact/hooks'
import {Field} from '../../components/field'
import {fromLines, fromText, get, indexOf, numberFromText, param, set, setParam, toLines, toText} from './config'
import {errorsAt, errorsOf, type FieldError} from './errors'
import type {Json} from './json'
import {parsePattern, patternText} from './pattern'

/** Form is what the inputs work on. */
export interface Form {
	config: Json
	errors: FieldError[]
	/**
	 * change replaces the configuration. Errors in the given places, such as config.speed, are
	 * outdated then.
	 */
	change: (config: Json, ...places: string[]) => void
}

export const FormContext = createContext<Form>({config: {}, errors: [], change: () => {}})
export const useForm = (): Form => useContext(FormContext)

/**
 * Target is a value of the configuration: where it is in the API's errors, what it is, and how it
 * is changed.
 */
export interface Target {
	place: string
	value: Json | undefined
	change: (to: Json | undefined) => void
}

/** useMember returns a value at a path, such as fetcher.timeout. */
export function useMember(...path: (string | number)[]): Target {
	const {config, change} = useForm()
	const place = path.reduce<string>((at, step) => at + (typeof step === 'number' ? `[${step}]` : '.' + step), 'config')
	return {place, value: get(config, path), change: to => change(set(config, path, to), place)}
}

/**
 * useParam returns a param of the first part of a kind, such as max_urls of the stopping criterion
 * max_urls.
 */
export function useParam(list: string, kind: string, name: string): Target {
	const {config, change} = useForm()
	const part = `config.${list}[${indexOf(config, list, kind)}]`
	return {
		place: `${part}.params.${name}`, value: param(config, list, kind, name),
		// A part that comes or goes changes the numbers in the places of the others.
		change: to => change(setParam(config, list, kind, name, to), to === undefined ? `config.${list}` : `${part}.params.${name}`),
	}
}

interface InputProps {
	of: Target
	label: ComponentChildren
	hint?: ComponentChildren
	disabled?: boolean
}

/** errorLines shows errors, each in a line, or nothing. */
export const errorLines = (errors: string[]): ComponentChildren => errors.length > 0 && errors.map(e => <span class="line" key={e}>{e}</span>)

/** How a text is a value. parse returns undefined for an empty text. */
export interface Format {
	parse: (text: string) => Json | undefined
	print: (value: Json | undefined) => string
}

const word: Format = {parse: fromText, print: toText}
const whole: Format = {parse: numberFromText, print: toText}

/**
 * delayFormat is a duration, or two durations such as "1s to 5s", which the configuration has as a
 * list.
 */
export const delayFormat: Format = {
	parse: text => {
		const range = /^\s*(\S+)\s+to\s+(\S+)\s*$/.exec(text)
		return range ? [range[1]!, range[2]!] : fromText(text)
	},
	print: value => Array.isArray(value) ? value.map(toText).join(' to ') : toText(value),
}

/** TextSetting is an input of one line. def is the default of the service. */
export function TextSetting({of, label, hint, def, number, format = number ? whole : word, disabled}: InputProps & {
	def?: string; number?: boolean; format?: Format
}) {
	const {errors} = useForm()
	const [typed, setTyped] = useState('')
	// Spaces around a value belong to the text that is typed and not to the value.
	const text = JSON.stringify(format.parse(typed)) === JSON.stringify(of.value) ? typed : format.print(of.value)
	const input = (text: string) => {
		setTyped(text)
		of.change(format.parse(text))
	}
	return (
		<Field label={label} hint={hint} error={errorLines(errorsAt(errors, of.place))}>
			{attributes => (
				<input {...attributes} value={text} placeholder={def} disabled={disabled} autocomplete="off" spellcheck={false}
					inputMode={number ? 'numeric' : undefined} data-place={of.place} onInput={e => input(e.currentTarget.value)} />
			)}
		</Field>
	)
}

/**
 * How the lines of a text are values of a list. print returns undefined if a value has no such
 * line.
 */
interface LineFormat {
	parse: (line: string) => Json
	print: (value: Json) => string | undefined
}

const plain: LineFormat = {parse: line => line, print: toText}

/** patternLines are URL patterns. */
export const patternLines: LineFormat = {parse: parsePattern, print: patternText}

/**
 * LinesSetting is a text with a value in each line. With keepEmpty, a text without a value is an
 * empty list. A list that has no lines, because it was written in the editor, can only be changed
 * there.
 */
export function LinesSetting({of, label, hint, rows = 3, format = plain, keepEmpty, placeholder}: InputProps & {
	rows?: number; format?: LineFormat; keepEmpty?: boolean; placeholder?: string
}) {
	const {errors} = useForm()
	const [typed, setTyped] = useState('')
	const list = Array.isArray(of.value) ? of.value : []
	const lines = list.map(format.print)
	const editable = !lines.includes(undefined)
	const parse = (text: string) => fromLines(text)?.map(format.parse)
	// Spaces and empty lines belong to the text that is typed and not to the list.
	const text = JSON.stringify(parse(typed) ?? []) === JSON.stringify(list) ? typed : toLines(lines as Json)
	const input = (text: string) => {
		setTyped(text)
		of.change(parse(text) ?? (keepEmpty ? [] : undefined))
	}
	if (!editable) hint = 'This list has more than fits in lines. Change it in the editor.'
	return (
		<Field label={label} hint={hint} error={errorLines(errorsAt(errors, of.place))}>
			{attributes => (
				<textarea {...attributes} value={editable ? text : '…'} disabled={!editable} rows={Math.max(rows, Math.min(12, list.length + 1))}
					wrap="off" spellcheck={false} autocomplete="off" placeholder={placeholder} data-place={of.place}
					onInput={e => input(e.currentTarget.value)} />
			)}
		</Field>
	)
}

interface ToggleProps {
	label: ComponentChildren
	hint?: ComponentChildren
	/** The value that it is about. Errors in other values within that one are shown elsewhere. */
	place?: string
}

/** CheckSetting is a box to tick. */
export function CheckSetting({checked, label, hint, onChange, place}: ToggleProps & {checked: boolean; onChange: (on: boolean) => void}) {
	const {errors} = useForm()
	const id = useId()
	const wrong = place ? errorsOf(errors, place) : []
	return (
		<div class="check">
			<label>
				<input type="checkbox" checked={checked} data-place={place} aria-invalid={wrong.length > 0 || undefined}
					aria-describedby={wrong.length > 0 ? id : undefined} onChange={e => onChange(e.currentTarget.checked)} />
				<span>{label}{hint && <span class="weak"> {hint}</span>}</span>
			</label>
			{wrong.length > 0 && <p class="error" id={id}>{errorLines(wrong)}</p>}
		</div>
	)
}

/**
 * ChoiceSetting is a choice of several values. A value that is not among them, from the editor, is
 * one more.
 */
export function ChoiceSetting({value, label, hint, choices, onChange, place}: ToggleProps & {
	value: string; choices: [value: string, label: string][]; onChange: (value: string) => void
}) {
	const {errors} = useForm()
	const known = choices.some(([v]) => v === value)
	return (
		<Field label={label} hint={hint} error={errorLines(place ? errorsOf(errors, place) : [])}>
			{attributes => (
				<select {...attributes} value={value} data-place={place} onChange={e => onChange(e.currentTarget.value)}>
					{choices.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
					{!known && <option value={value}>{value}</option>}
				</select>
			)}
		</Field>
	)
}
