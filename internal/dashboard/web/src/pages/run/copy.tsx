import {useRef, useState} from 'preact/hooks'
import {toastFailure} from '../../components/toast'

/** Copy is a button that copies a text to the clipboard. */
export function Copy({text, label}: {text: string; label: string}) {
	const [copied, setCopied] = useState(false)
	const timer = useRef(0)
	const copy = async () => {
		try {
			// The clipboard exists only on pages of https and of this machine.
			await navigator.clipboard.writeText(text)
			setCopied(true)
			window.clearTimeout(timer.current)
			timer.current = window.setTimeout(() => setCopied(false), 2000)
		} catch {
			toastFailure('The browser does not let this page use the clipboard.')
		}
	}
	return <button type="button" class="small" onClick={copy}>{copied ? 'Copied' : label}</button>
}
