// The keys of the list of runs.
import {useEffect, useRef, useState} from 'preact/hooks'
import {Dialog} from '../../components/dialog'
import {store, stored} from '../../storage'

/** The keys, with what they do. */
const help: [string[], string][] = [
	[['j', '↓'], 'Go to the next run'],
	[['k', '↑'], 'Go to the run before'],
	[['Enter'], 'Open the run'],
	[['x', 'Space'], 'Select the run'],
	[['p'], 'Pause'],
	[['r'], 'Resume'],
	[['s'], 'Stop, after a question'],
	[['Delete'], 'Delete, after a question'],
	[['Esc'], 'Select no run'],
	[['/'], 'Find a run'],
	[['?'], 'Show the keys'],
]

/**
 * enabled tells whether the keys work. Users of speech input may need to turn them off (WCAG 2.2,
 * 2.1.4).
 */
const enabled = () => stored<boolean>('keys', true) !== false

/**
 * useKeys calls the function of each key that is pressed, but not while the user types or a dialog
 * is open.
 */
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>): void {
	const latest = useRef(keys)
	latest.current = keys
	useEffect(() => {
		const press = (event: KeyboardEvent) => {
			if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
			if (types(event.target) || document.querySelector('dialog[open]') || !enabled()) return
			const act = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined
			act?.(event)
		}
		document.addEventListener('keydown', press)
		return () => document.removeEventListener('keydown', press)
	}, [])
}

/** types tells whether keys go to a text or a choice. */
function types(target: EventTarget | null): boolean {
	if (!(target instanceof HTMLElement)) return false
	if (target instanceof HTMLInputElement) return target.type !== 'checkbox'
	return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
}

/** Keys is the dialog that shows the keys. */
export function Keys({onClose}: {onClose: () => void}) {
	const [on, setOn] = useState(enabled)
	const toggle = (event: Event) => {
		const checked = (event.currentTarget as HTMLInputElement).checked
		setOn(checked)
		store('keys', checked)
	}
	return (
		<Dialog title="Keys" class="keys" onClose={onClose}>
			<dl>
				{help.map(([keys, text]) => (
					<div key={text}>
						<dt>
							{keys.map((k, i) => (
								<>
									{i > 0 && ' or '}
									<kbd>{k}</kbd>
								</>
							))}
						</dt>
						<dd>{text}</dd>
					</div>
				))}
			</dl>
			<p class="weak">The keys of actions are about the selected runs, or else the run with the focus.</p>
			<label class="acknowledge">
				<input type="checkbox" checked={on} onChange={toggle} /> Use these keys
			</label>
			<div class="buttons">
				<button type="button" autofocus onClick={onClose}>
					Close
				</button>
			</div>
		</Dialog>
	)
}
