import type {ComponentChildren} from 'preact'
import {useState} from 'preact/hooks'
import {Dialog} from './dialog'

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
 * Confirm asks before an action. The focus is on Cancel, so that a key pressed by mistake does no
 * harm.
 */
export function Confirm({title, children, action, acknowledge, onConfirm, onCancel}: ConfirmProps) {
	const [ticked, setTicked] = useState(false)
	return (
		<Dialog title={title} onClose={onCancel}>
			{children}
			{acknowledge && (
				<label class="acknowledge">
					<input type="checkbox" checked={ticked} onChange={e => setTicked(e.currentTarget.checked)} />{' '}
					{acknowledge}
				</label>
			)}
			<div class="buttons">
				<button type="button" autofocus onClick={onCancel}>
					Cancel
				</button>
				<button
					type="button"
					class="danger"
					disabled={acknowledge !== undefined && !ticked}
					onClick={onConfirm}
				>
					{action}
				</button>
			</div>
		</Dialog>
	)
}
