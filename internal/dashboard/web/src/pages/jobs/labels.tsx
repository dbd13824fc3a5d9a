// The labels of a job in the form.
import {useId} from 'preact/hooks'
import {errorsAt, type FieldError} from './errors'
import {errorLines} from './settings'

interface LabelsProps {
	labels: [key: string, value: string][]
	errors: FieldError[]
	onChange: (labels: [string, string][]) => void
}

/** LabelsSetting shows a row for each label. A row whose key and value are empty is not a label. */
export function LabelsSetting({labels, errors, onChange}: LabelsProps) {
	const id = useId()
	const put = (i: number, label: [string, string]) => onChange(labels.with(i, label))
	const wrong = [...errorsAt(errors, 'labels'), ...repeated(labels).map(key => `${key}: is the key of two labels`)]
	return (
		<fieldset aria-describedby={wrong.length > 0 ? id : undefined}>
			<legend>Labels</legend>
			{labels.map(([key, value], i) => {
				const invalid = isWrong(key, labels, errors) || undefined
				const described = invalid && id
				return (
					<div class="label-row" key={i}>
						<input value={key} aria-label={`Key of label ${i + 1}`} aria-invalid={invalid} aria-describedby={described} placeholder="key" autocomplete="off"
							onInput={e => put(i, [e.currentTarget.value, value])} />
						<span aria-hidden="true">=</span>
						<input value={value} aria-label={`Value of label ${i + 1}`} aria-describedby={described} placeholder="value" autocomplete="off"
							onInput={e => put(i, [key, e.currentTarget.value])} />
						<button type="button" aria-label={`Remove label ${i + 1}`} title="Remove" onClick={() => onChange(labels.toSpliced(i, 1))}>×</button>
					</div>
				)
			})}
			{wrong.length > 0 && <p class="error" id={id}>{errorLines(wrong)}</p>}
			<button type="button" onClick={() => onChange([...labels, ['', '']])}>Add a label</button>
		</fieldset>
	)
}

/** repeated returns the keys that are given more than once. */
export function repeated(labels: [string, string][]): string[] {
	const keys = labels.map(([key]) => key).filter(key => key !== '')
	return [...new Set(keys.filter((key, i) => keys.indexOf(key) !== i))]
}

function isWrong(key: string, labels: [string, string][], errors: FieldError[]): boolean {
	const field = 'labels.' + key
	// The API cuts long keys and ends them with an ellipsis.
	const named = errors.some(e => e.field === field || (e.field.endsWith('…') && field.startsWith(e.field.slice(0, -1))))
	return named || repeated(labels).includes(key)
}

/** toLabels returns the labels as the API takes them. */
export const toLabels = (labels: [string, string][]): Record<string, string> =>
	Object.fromEntries(labels.filter(([key, value]) => key !== '' || value !== ''))
