// The frame of every page, and the table of pages.
import type {FunctionComponent} from 'preact'
import {useEffect, useRef} from 'preact/hooks'
import {useArrival} from './arrival'
import {clearToasts, Toasts} from './components/toast'
import {useConnection} from './connection'
import {href, tenant, useLocation, type Location} from './location'
import {Compare} from './pages/jobs/compare'
import {EditJob} from './pages/jobs/edit'
import {Job} from './pages/jobs/job'
import {Jobs} from './pages/jobs/jobs'
import {Run} from './pages/run/run'
import {Runs} from './pages/runs/runs'
import {settings} from './settings'
import {SignOut} from './signin'
import {TenantSwitch} from './tenants'
import {ThemeSwitch} from './theme'
import {useAnnouncement, useDefaultTitle} from './title'

export interface PageProps {
	location: Location
	id: string // the first variable of the path, such as the id of a run
}

interface Entry {
	path: string
	page: FunctionComponent<PageProps>
	title: string // until the page calls useTitle with a better one
	nav?: string // its name in the navigation
}

/**
 * The pages. A segment * of a path is a variable. Triggers, webhooks and the audit log get their
 * pages, with a place in the navigation, when the API has them.
 */
const pages: Entry[] = [
	{path: '/runs', page: Runs, title: 'Runs', nav: 'Runs'},
	{path: '/runs/*', page: Run, title: 'Run'},
	{path: '/jobs', page: Jobs, title: 'Jobs', nav: 'Jobs'},
	{path: '/jobs/new', page: EditJob, title: 'Create a job'},
	{path: '/jobs/*', page: Job, title: 'Job'},
	{path: '/jobs/*/edit', page: EditJob, title: 'Edit a job'},
	{path: '/jobs/*/compare', page: Compare, title: 'Compare runs'},
]

export function App() {
	const location = useLocation()
	const main = useRef<HTMLElement>(null)
	const {entry, id} = find(location.path)
	useArrival(location.path, main)
	useEffect(clearToasts, [tenant()]) // an undo of another tenant's run would act on this one's
	const skip = (event: Event) => {
		event.preventDefault() // the hash is the address
		main.current!.focus()
	}
	return (
		<>
			<a class="skip" href="#main" onClick={skip}>
				Skip to the content
			</a>
			<header class="top">
				<a class="brand" href={href('/runs')}>
					inndx runs
				</a>
				<nav aria-label="Main">
					{pages.map(
						p =>
							p.nav && (
								<NavLink key={p.path} path={p.path} at={location.path}>
									{p.nav}
								</NavLink>
							),
					)}
				</nav>
				{/* A token names the tenant, unless the address names another one. */}
				{(settings.auth_mode !== 'jwt' || tenant() !== '') && <TenantSwitch />}
				<ThemeSwitch />
				<SignOut />
				<a href=".well-known/docs">API</a>
			</header>
			<ConnectionNote />
			{/* Another tenant is another page: nothing of the one before remains. */}
			<main id="main" ref={main} tabIndex={-1} key={tenant()}>
				<Page key={location.path} entry={entry} location={location} id={id} />
			</main>
			<Toasts />
			<p class="hidden" aria-live="polite">
				{useAnnouncement()}
			</p>
		</>
	)
}

const missing: Entry = {path: '', page: Missing, title: 'No such page'}

function find(path: string): {entry: Entry; id: string} {
	const segments = path.split('/')
	for (const entry of pages) {
		const pattern = entry.path.split('/')
		if (pattern.length !== segments.length) continue
		if (pattern.every((p, i) => (p === '*' ? segments[i] !== '' : p === segments[i]))) {
			return {entry, id: decoded(segments[pattern.indexOf('*')] ?? '')}
		}
	}
	return {entry: missing, id: ''}
}

// An address that somebody wrote may have a % that escapes nothing.
function decoded(segment: string): string {
	try {
		return decodeURIComponent(segment)
	} catch {
		return segment
	}
}

function Page({entry, ...props}: PageProps & {entry: Entry}) {
	useDefaultTitle(entry.title)
	return <entry.page {...props} />
}

function Missing() {
	return (
		<>
			<h1>No such page</h1>
			<p>
				There is no page at this address. <a href={href('/runs')}>Show the runs</a>
			</p>
		</>
	)
}

function NavLink({path, at, children}: {path: string; at: string; children: string}) {
	const current = at === path || at.startsWith(path + '/')
	return (
		<a href={href(path)} aria-current={current ? 'page' : undefined}>
			{children}
		</a>
	)
}

const notes = {
	ok: '',
	lost: 'The service does not respond. The page continues as soon as it does.',
	busy: 'The service is busy. The page continues in a moment.',
}

/** ConnectionNote says that what is shown may be old. */
function ConnectionNote() {
	const text = notes[useConnection()]
	return (
		<div class={text ? 'connection shown' : 'connection'} role="status">
			{text}
		</div>
	)
}
