// Short messages about the results of actions.
import {useEffect, useState} from 'preact/hooks'

interface Message {
	id: number
	kind: 'done' | 'failed'
	text: string
	details: string[]
	undo?: () => void
}

/**
 * shownFor is how long the message of a success is shown, in ms. A failure stays until it is
 * closed.
 */
const shownFor = 8000

let messages: Message[] = []
let next = 1
const listeners = new Set<() => void>()

function change(to: Message[]) {
	messages = to
	for (const listener of listeners) listener()
}

function close(id: number) {
	change(messages.filter(m => m.id !== id))
}

/**
 * toast says that an action succeeded, and offers to undo it. It replaces what the one before said.
 */
export function toast(text: string, undo?: () => void): void {
	const id = next++
	change([...messages.filter(m => m.kind !== 'done'), {id, kind: 'done', text, details: [], undo}])
	window.setTimeout(() => close(id), shownFor)
}

/** toastFailure says that an action failed, and for what, until the user closes the message. */
export function toastFailure(text: string, details: string[] = []): void {
	change([...messages, {id: next++, kind: 'failed', text, details}])
}

/** clearToasts closes all messages. */
export const clearToasts = (): void => change([])

/** Toasts shows the messages. Screen readers read them out when they appear. */
export function Toasts() {
	const [, render] = useState(0)
	useEffect(() => {
		const listener = () => render(n => n + 1)
		listeners.add(listener)
		return () => void listeners.delete(listener)
	}, [])
	return (
		<div class="toasts" role="status" aria-live="polite">
			{messages.map(m => (
				<div key={m.id} class={'toast ' + m.kind}>
					<div>
						{m.text}
						{m.details.length > 0 && (
							<ul>
								{m.details.map((d, i) => (
									<li key={i}>{d}</li>
								))}
							</ul>
						)}
					</div>
					{m.undo && (
						<button
							type="button"
							onClick={() => {
								close(m.id)
								m.undo!()
							}}
						>
							Undo
						</button>
					)}
					<button type="button" aria-label="Close the message" onClick={() => close(m.id)}>
						×
					</button>
				</div>
			))}
		</div>
	)
}
