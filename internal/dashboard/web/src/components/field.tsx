import type {ComponentChildren} from 'preact'
import {useId} from 'preact/hooks'

export interface FieldProps {
	label: ComponentChildren
	hint?: ComponentChildren
	/** What is wrong with the value, as the API says it. */
	error?: ComponentChildren
	/** Returns the input with the given attributes. */
	children: (attributes: {
		id: string
		'aria-describedby': string | undefined
		'aria-invalid': boolean | undefined
	}) => ComponentChildren
}

/** Field shows an input with its label, a hint and an error. */
export function Field({label, hint, error, children}: FieldProps) {
	const id = useId()
	const described = [hint && id + '-hint', error && id + '-error'].filter(Boolean).join(' ')
	return (
		<div class={error ? 'field wrong' : 'field'}>
			<label for={id}>{label}</label>
			{children({id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined})}
			{hint && (
				<p id={id + '-hint'} class="hint">
					{hint}
				</p>
			)}
			{error && (
				<p id={id + '-error'} class="error">
					{error}
				</p>
			)}
		</div>
	)
}
