// What the user typed, kept in the tab so that it survives a reload.
import {formatJson, parseJson} from './json'
import {withoutSecrets} from './secrets'

/** Draft is the content of the form. */
export interface Draft {
	name: string
	labels: [string, string][]
	text: string // the configuration as JSON
}

export interface StoredDraft extends Draft {
	etag: string // of the job that was changed; empty for a new one
	secretsRemoved: boolean
}

// A text that is not JSON is kept only without these words, because its secrets cannot be found.
const maySecrets = /headers|basic_auth|bearer|cookies|proxy|password|token|secret/i

/** saveDraft keeps a draft without the secrets in it. */
export function saveDraft(key: string, draft: Draft, etag: string): void {
	const {value} = parseJson(draft.text, 'config')
	if (value === undefined && maySecrets.test(draft.text)) return
	const {config, removed} = value === undefined ? {config: null, removed: false} : withoutSecrets(value)
	const stored: StoredDraft = {...draft, text: removed ? formatJson(config) : draft.text, etag, secretsRemoved: removed}
	try {
		sessionStorage.setItem(key, JSON.stringify(stored))
	} catch {
		// The storage is full or forbidden. Then a reload loses the draft, after the browser's
		// warning.
	}
}

/** loadDraft returns the draft that was kept, or undefined. */
export function loadDraft(key: string): StoredDraft | undefined {
	try {
		return JSON.parse(sessionStorage.getItem(key) ?? 'null') ?? undefined
	} catch {
		return undefined
	}
}

/** dropDraft forgets a draft. */
export function dropDraft(key: string): void {
	try {
		sessionStorage.removeItem(key)
	} catch {
		// There is no storage, and so there is no draft.
	}
}

/** sameDraft reports whether two drafts have the same content. */
export const sameDraft = (a: Draft, b: Draft): boolean =>
	a.name === b.name && a.text === b.text && JSON.stringify(a.labels) === JSON.stringify(b.labels)
