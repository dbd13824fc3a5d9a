// The state of the form of a job.
import {useEffect, useRef, useState} from 'preact/hooks'
import {ApiError} from '../../api'
import {go, href, tenant} from '../../location'
import {below, type FieldError} from './errors'
import {dropDraft, loadDraft, sameDraft, saveDraft, type Draft, type StoredDraft} from './draft'
import {useIdempotencyKey} from './idempotency'
import {repeated} from './labels'
import {useLeaveWarning} from './leave'
import {create, update, type Opened} from './saving'

export interface Editing {
	draft: Draft
	change: (to: Partial<Draft>, ...places: string[]) => void
	dirty: boolean
	saving: boolean
	errors: FieldError[]
	/** Why the job was not saved, beside errors of fields. */
	failure: unknown
	/** Whether somebody else changed the job since it was opened. */
	conflict: boolean
	/** What a reload left of the draft, until it is saved or discarded. */
	restored?: StoredDraft
	save: (run: boolean) => Promise<void>
	discard: () => void
	/**
	 * rebase makes the job as it is now the one that is changed. What the user did not change
	 * becomes as it is now.
	 */
	rebase: (opened: Opened) => void
}

/** useEditing returns the state of a form that begins with the opened job. */
export function useEditing(id: string, from: string, opened: Opened): Editing {
	const key = `draft ${tenant()} ${id || 'new ' + from}`
	const [base, setBase] = useState(opened)
	const [restored, setRestored] = useState(() => loadDraft(key))
	const [etag, setEtag] = useState(restored?.etag ?? opened.etag)
	const [draft, setDraft] = useState<Draft>(() => restored ? {name: restored.name, labels: restored.labels, text: restored.text} : opened.draft)
	const [saving, setSaving] = useState(false)
	const [problem, setProblem] = useState<{errors: FieldError[]; failure?: unknown; conflict?: boolean}>({errors: []})
	const idempotency = useIdempotencyKey()
	const dirty = !sameDraft(draft, base.draft)
	const saved = useRef(false)

	useEffect(() => {
		if (saved.current) return
		if (dirty) saveDraft(key, draft, etag)
		else dropDraft(key)
	}, [draft, dirty, etag])
	useLeaveWarning(() => dirty && !saved.current, () => dropDraft(key))

	const change = (to: Partial<Draft>, ...places: string[]) => {
		setDraft(d => ({...d, ...to}))
		setProblem(p => ({...p, errors: p.errors.filter(e => !places.some(place => below(e.field, place)))}))
	}
	const finish = (path: string) => {
		saved.current = true
		dropDraft(key)
		go(href(path))
	}
	const send = async (run: boolean) => {
		if (id) {
			await update(id, base.draft, draft, etag)
			finish('/jobs/' + id)
			return
		}
		const job = await create(draft, run, idempotency.keyOf(JSON.stringify([draft, run])))
		finish(job.run ? '/runs/' + job.run.id : '/jobs/' + job.id)
	}
	const save = async (run: boolean) => {
		if (saving || repeated(draft.labels).length > 0) return
		setSaving(true)
		setProblem({errors: []})
		try {
			await send(run)
		} catch (error) {
			const refused = error instanceof ApiError ? error : undefined
			setProblem({errors: refused?.fields ?? [], failure: error, conflict: refused?.reason === 'etag_mismatch'})
		} finally {
			setSaving(false)
		}
	}
	const rebase = (opened: Opened) => {
		setDraft(d => merge(base.draft, d, opened.draft))
		setBase(opened)
		setEtag(opened.etag)
		setProblem({errors: []})
	}
	const discard = () => {
		setDraft(base.draft)
		setEtag(base.etag)
		setRestored(undefined)
		setProblem({errors: []})
	}
	return {
		draft, change, dirty, saving, errors: problem.errors, failure: problem.failure, conflict: problem.conflict ?? false,
		restored, save, discard, rebase,
	}
}

/** merge returns the draft with the members that the user did not change as they are now. */
function merge(before: Draft, draft: Draft, now: Draft): Draft {
	const labels = JSON.stringify(draft.labels) === JSON.stringify(before.labels) ? now.labels : draft.labels
	return {
		name: draft.name === before.name ? now.name : draft.name,
		labels,
		text: draft.text === before.text ? now.text : draft.text,
	}
}
