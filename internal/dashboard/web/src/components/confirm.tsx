import type {ComponentChildren} from 'preact'
import {useEffect, useId, useRef, useState} from 'preact/hooks'

export interface ConfirmProps {
	title: string
	/** What happens, and what is lost. */
	children?: ComponentChildren
	/** The words of the button that acts, such as "Stop the run". */
	action: string
	/** A sentence that the user must tick before the button works, for what cannot be undone. */
	acknowledge?: string
	onConfirm: () => void
	onCancel: () => void
}

/**
 * Confirm asks before an action. The focus is on Cancel, so that a key pressed by mistake does no harm.
 * The browser keeps the focus in the dialog, and gives it back to where it was.
 */
export function Confirm({title, children, action, acknowledge, onConfirm, onCancel}: ConfirmProps) {
	const dialog = useRef<HTMLDialogElement>(null)
	const [ticked, setTicked] = useState(false)
	const heading = useId()
	const body = useId()
	useEffect(() => {
		const shown = dialog.current!
		shown.showModal()
		return () => shown.close()
	}, [])
	return (
		<dialog ref={dialog} class="confirm" aria-labelledby={heading} aria-describedby={body}
			onCancel={event => { event.preventDefault(); onCancel() }}>
			<h2 id={heading}>{title}</h2>
			<div id={body}>{children}</div>
			{acknowledge && (
				<label class="acknowledge">
					<input type="checkbox" checked={ticked} onChange={e => setTicked(e.currentTarget.checked)} /> {acknowledge}
				</label>
			)}
			<div class="buttons">
				<button type="button" autofocus onClick={onCancel}>Cancel</button>
				<button type="button" class="danger" disabled={acknowledge !== undefined && !ticked} onClick={onConfirm}>{action}</button>
			</div>
		</dialog>
	)
}
