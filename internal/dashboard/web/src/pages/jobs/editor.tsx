// The editor of the whole configuration as text.
import {useEffect, useImperativeHandle, useRef} from 'preact/hooks'
import type {Ref} from 'preact'
import {errorsAt, say, type FieldError} from './errors'
import {lineAndColumn, placeOf, type Parsed} from './json'

/** EditorHandle lets the page move to a place of the text. */
export interface EditorHandle {
	show: (at: number) => void
}

export interface EditorProps {
	text: string
	parsed: Parsed
	/** Why the form cannot show a text that is JSON, or ''. */
	problem: string
	errors: FieldError[] // of the API, in the configuration
	onInput: (text: string) => void
	handle: Ref<EditorHandle>
}

/**
 * Editor shows the configuration as JSON. The gutter marks the lines with errors. The list below
 * has the errors, and each leads to its line.
 */
export function Editor({text, parsed, problem, errors, onInput, handle}: EditorProps) {
	const area = useRef<HTMLTextAreaElement>(null)
	const gutter = useRef<HTMLDivElement>(null)
	const show = (at: number) => area.current && showPlace(area.current, at)
	useImperativeHandle(handle, () => ({show}), [])
	const faults = listFaults(text, parsed, errors)
	const marked = new Set(faults.map(f => f.line))
	const lines = text.split('\n').length
	const scroll = () => { gutter.current!.scrollTop = area.current!.scrollTop }
	useEffect(scroll)
	const wrong = faults.length > 0
	return (
		<section class="editor" aria-labelledby="editor-title">
			<h2 id="editor-title">Configuration</h2>
			<p class="hint" id="editor-hint">The whole configuration as JSON. The form changes it, and it changes the form. <a href=".well-known/docs" target="_blank">All settings</a></p>
			<div id="editor-faults" role="status">
				{wrong && (
					<ul class="faults">
						{faults.map(f => (
							<li key={f.field + f.line}>
								<button type="button" class="link" onClick={() => show(f.at)}>Line {f.line}{f.column && `, column ${f.column}`}</button>
								{f.field && <> <code><bdi>{f.field}</bdi></code></>} <span>{f.message}</span>
							</li>
						))}
					</ul>
				)}
				{problem && <p class="error">{problem}. The form can be used again when this is corrected.</p>}
			</div>
			<div class="code">
				<div class="gutter" ref={gutter} aria-hidden="true"><Numbers lines={lines} marked={marked} /></div>
				<textarea ref={area} value={text} spellcheck={false} autocomplete="off" wrap="off" rows={Math.min(Math.max(lines + 1, 12), 40)}
					aria-label="Configuration as JSON" aria-describedby="editor-hint editor-faults" aria-invalid={wrong || undefined}
					onInput={e => onInput(e.currentTarget.value)} onScroll={scroll} />
			</div>
		</section>
	)
}

interface Fault {
	at: number
	line: number
	column?: number
	field: string
	message: string
}

/** listFaults returns the error of the syntax, or those of the API at their lines. */
function listFaults(text: string, parsed: Parsed, errors: FieldError[]): Fault[] {
	if (parsed.error) {
		const {at, message} = parsed.error
		return [{at, ...lineAndColumn(text, at), field: '', message}]
	}
	return errors.map(e => {
		const at = placeOf(parsed.places, e.field)
		return {at, line: lineAndColumn(text, at).line, field: e.field, message: say(e)}
	}).sort((a, b) => a.at - b.at)
}

/**
 * Numbers shows the numbers of the lines. Only marked lines are elements, because a text may have
 * thousands.
 */
function Numbers({lines, marked}: {lines: number; marked: Set<number>}) {
	const parts = []
	let plain = ''
	for (let n = 1; n <= lines; n++) {
		if (!marked.has(n)) {
			plain += n + '\n'
			continue
		}
		parts.push(plain, <b key={n}>{n}</b>, '\n')
		plain = ''
	}
	return <>{parts}{plain}</>
}

/** showPlace moves the focus and the selection to the line of a place, and scrolls there. */
function showPlace(area: HTMLTextAreaElement, at: number) {
	const start = area.value.lastIndexOf('\n', at - 1) + 1
	const end = area.value.indexOf('\n', at)
	area.focus()
	area.setSelectionRange(at, end < 0 ? area.value.length : end)
	const line = area.value.slice(0, start).split('\n').length - 1
	const height = parseFloat(getComputedStyle(area).lineHeight)
	area.scrollTop = Math.max(0, (line - 3) * height)
	area.scrollLeft = 0
}

/** configErrors returns the errors that are in the configuration. */
export const configErrors = (errors: FieldError[]): FieldError[] => errors.filter(e => errorsAt([e], 'config').length > 0)
