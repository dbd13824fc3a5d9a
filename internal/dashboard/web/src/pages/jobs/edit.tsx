// The page that creates or changes a job: a form for the usual settings beside an editor of the
// whole configuration. The text of the editor is the configuration; the form shows and changes
// parts of it.
import {useEffect, useMemo, useRef, useState} from 'preact/hooks'
import {NoResponse} from '../../api'
import type {PageProps} from '../../app'
import {Failure} from '../../components/failure'
import {Field} from '../../components/field'
import {href} from '../../location'
import {useLoad} from '../../poll'
import {useTitle} from '../../title'
import {shapeProblem} from './config'
import {useEditing, type Editing} from './editing'
import {configErrors, Editor, type EditorHandle} from './editor'
import {errorsAt} from './errors'
import {ConfigForm} from './form'
import {formatJson, parseJson, placeOf, type Json} from './json'
import './jobs.css'
import {LabelsSetting, repeated} from './labels'
import {open, type Opened} from './saving'
import {errorLines, FormContext, type Form} from './settings'

export function EditJob({id, location}: PageProps) {
	const from = location.params.get('from') ?? ''
	// Nothing is loaded again: the form has the changes of the user.
	const {data, error} = useLoad(`edit ${id} ${from}`, signal => open(id, from, signal))
	const title = id ? 'Edit the job' : from ? 'Duplicate the job' : 'New job'
	useTitle(id && data ? 'Edit ' + data.draft.name : title)
	return (
		<div class="jobs-page">
			<nav class="crumbs" aria-label="Breadcrumbs"><a href={href('/jobs')}>Jobs</a>{id && <> / <a href={href('/jobs/' + id)}>{data ? <bdi>{data.draft.name}</bdi> : id}</a></>}</nav>
			<h1>{title}</h1>
			<Failure of={error} />
			{!data && !error && <p class="weak">Loading…</p>}
			{data && <JobForm key={id + ' ' + from} id={id} from={from} opened={data} />}
		</div>
	)
}

function JobForm({id, from, opened}: {id: string; from: string; opened: Opened}) {
	const editing = useEditing(id, from, opened)
	const {draft, change, errors} = editing
	const parsed = useMemo(() => parseJson(draft.text, 'config'), [draft.text])
	const problem = parsed.value === undefined ? '' : shapeProblem(parsed.value)
	const config = problem ? undefined : parsed.value
	const form = useRef<HTMLFormElement>(null)
	const editor = useRef<EditorHandle>(null)
	useFocusFirstError(editing, form, field => editor.current?.show(placeOf(parsed.places, field)))
	const submit = (event: SubmitEvent) => {
		event.preventDefault()
		const run = (event.submitter as HTMLButtonElement | null)?.value === 'run'
		if (parsed.error) editor.current?.show(parsed.error.at)
		else if (repeated(draft.labels).length > 0) form.current!.querySelector<HTMLElement>('[aria-invalid]')?.focus()
		else editing.save(run)
	}
	return (
		<form ref={form} class="edit-job" noValidate onSubmit={submit}>
			<Notes editing={editing} id={id} masks={opened.masks} />
			<div class="edit-columns">
				<div class="settings">
					<Field label="Name" error={errorLines(errorsAt(errors, 'name'))}>
						{attributes => <input {...attributes} value={draft.name} autocomplete="off" onInput={e => change({name: e.currentTarget.value}, 'name')} />}
					</Field>
					<LabelsSetting labels={draft.labels} errors={errors} onChange={labels => change({labels}, 'labels')} />
					<Settings config={config} editing={editing} />
				</div>
				<Editor text={draft.text} parsed={parsed} problem={problem} errors={configErrors(errors)} handle={editor} onInput={text => change({text})} />
			</div>
			<Buttons id={id} editing={editing} broken={parsed.error !== undefined} />
		</form>
	)
}

/** Settings is the form, or a note if the text is not a configuration that the form can show. */
function Settings({config, editing}: {config: Json | undefined; editing: Editing}) {
	// While the text is broken, the form shows what it was before, and cannot be used.
	const last = useRef<Json>({})
	if (config !== undefined) last.current = config
	const form: Form = {
		config: last.current, errors: editing.errors,
		change: (to, ...places) => editing.change({text: formatJson(to)}, ...places),
	}
	return (
		<FormContext.Provider value={form}>
			{config === undefined && <p class="note">The form is locked, because the configuration in the editor has an error.</p>}
			<fieldset class="all" disabled={config === undefined}>
				<legend class="hidden">Settings</legend>
				<ConfigForm />
			</fieldset>
		</FormContext.Provider>
	)
}

/**
 * useFocusFirstError moves the focus to the first error after a save: to its input, or to its line
 * in the editor.
 */
function useFocusFirstError({errors, failure}: Editing, form: {current: HTMLFormElement | null}, showLine: (field: string) => void) {
	useEffect(() => {
		if (!failure || errors.length === 0) return
		const input = form.current!.querySelector<HTMLElement>('.settings [aria-invalid]')
		if (input) input.focus()
		else showLine(errors[0]!.field)
	}, [failure])
}

/** Notes says what the user must know before going on. */
function Notes({editing, id, masks}: {editing: Editing; id: string; masks: string[]}) {
	const {restored, failure, errors, conflict, dirty} = editing
	const fields = errors.length === 1 ? 'One field is invalid.' : `${errors.length} fields are invalid.`
	return (
		<>
			{masks.length > 0 && (
				<p class="note">Secrets are not copied. Enter them again, or name secrets of the service: {masks.map((path, i) => <>{i > 0 && ', '}<code>{path}</code></>)}.</p>
			)}
			{restored && dirty && (
				<p class="note" role="status">
					Your changes from before the reload are here. {restored.secretsRemoved && 'Secrets were not kept: they are empty now. '}
					<button type="button" onClick={editing.discard}>Discard them</button>
				</p>
			)}
			{conflict && <Conflict editing={editing} id={id} />}
			{failure !== undefined && !conflict && (errors.length > 0
				? <p role="alert" class="failure">Not saved. {fields}</p>
				: <NotSaved failure={failure} />)}
		</>
	)
}

function NotSaved({failure}: {failure: unknown}) {
	// A request without a response may have succeeded. It can be sent again: its key makes it one
	// job.
	if (failure instanceof NoResponse) return <p role="alert" class="failure">The service does not respond. Save again: nothing is created twice.</p>
	return <Failure of={failure} />
}

/** Conflict says that somebody else changed the job, and offers what to do. */
function Conflict({editing, id}: {editing: Editing; id: string}) {
	const [now, setNow] = useState<Opened>()
	const [error, setError] = useState<unknown>()
	const load = async (then: (opened: Opened) => void) => {
		try {
			then(await open(id, '', new AbortController().signal))
		} catch (error) {
			setError(error)
		}
	}
	return (
		<div role="alert" class="failure">
			<p>Not saved: somebody changed the job since you opened it. Your changes are still here.</p>
			<Failure of={error} />
			<div class="actions">
				<button type="button" onClick={() => load(setNow)}>Show the job as it is now</button>
				<button type="button" onClick={() => load(editing.rebase)}>Keep my changes and overwrite it at the next save</button>
				<button type="button" onClick={() => load(opened => { editing.rebase(opened); editing.change(opened.draft) })}>Discard my changes and load the job</button>
			</div>
			{now && (
				<>
					<p class="what">Name: <bdi>{now.draft.name}</bdi>. Labels: <bdi>{now.draft.labels.map(([k, v]) => `${k}=${v}`).join(', ') || 'none'}</bdi>.</p>
					<pre class="now" tabIndex={0} aria-label="Configuration as it is now">{now.draft.text}</pre>
				</>
			)}
		</div>
	)
}

function Buttons({id, editing, broken}: {id: string; editing: Editing; broken: boolean}) {
	const {saving, dirty} = editing
	return (
		<div class="save-bar">
			{id ? (
				<button type="submit" class="primary" disabled={saving || !dirty}>Save</button>
			) : (
				<>
					{/* The key Enter presses the first button. It starts no crawl. */}
					<button type="submit" value="" disabled={saving}>Create</button>
					<button type="submit" class="primary" value="run" disabled={saving}>Create and run now</button>
				</>
			)}
			<a class="button" href={href(id ? '/jobs/' + id : '/jobs')}>Cancel</a>
			<span class="weak" role="status">{saving ? 'Saving…' : broken ? 'The configuration is not JSON yet.' : dirty && id ? 'There are unsaved changes.' : ''}</span>
		</div>
	)
}

