import type {ComponentChildren} from 'preact'
import {useId, useLayoutEffect, useRef} from 'preact/hooks'

export interface DialogProps {
	title: ComponentChildren
	class?: string
	children: ComponentChildren
	/** Called when the user presses Escape. The dialog is closed by not being rendered any more. */
	onClose: () => void
}

/**
 * Dialog is a modal dialog while it is rendered. The focus is on its element with autofocus, stays
 * in the dialog, and returns to where it was.
 */
export function Dialog({title, class: name, children, onClose}: DialogProps) {
	const dialog = useRef<HTMLDialogElement>(null)
	const heading = useId()
	useLayoutEffect(() => {
		const shown = dialog.current!
		const before = document.activeElement
		shown.showModal()
		return () => {
			shown.close()
			// The browser gives no focus back if the dialog left the page first.
			if (before instanceof HTMLElement) before.focus()
		}
	}, [])
	return (
		<dialog
			ref={dialog}
			class={name}
			aria-labelledby={heading}
			onCancel={event => {
				event.preventDefault()
				onClose()
			}}
		>
			<h2 id={heading}>{title}</h2>
			{children}
		</dialog>
	)
}
