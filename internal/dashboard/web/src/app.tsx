// The frame of every page, and the table of pages.
import type {FunctionComponent} from 'preact'
import {Toasts} from './components/toast'
import {go, href, tenant, useLocation, type Location} from './location'
import {Compare} from './pages/jobs/compare'
import {EditJob} from './pages/jobs/edit'
import {Job} from './pages/jobs/job'
import {Jobs} from './pages/jobs/jobs'
import {Run} from './pages/run/run'
import {Runs} from './pages/runs'

export interface PageProps {
	location: Location
	id: string // the first variable of the path, such as the id of a run
}

/** The pages. A segment * of a path is a variable. */
const pages: {path: string; page: FunctionComponent<PageProps>}[] = [
	{path: '/runs', page: Runs},
	{path: '/runs/*', page: Run},
	{path: '/jobs', page: Jobs},
	{path: '/jobs/new', page: EditJob},
	{path: '/jobs/*', page: Job},
	{path: '/jobs/*/edit', page: EditJob},
	{path: '/jobs/*/compare', page: Compare},
]

export function App() {
	const location = useLocation()
	return (
		<>
			<header class="top">
				<a class="brand" href={href('/runs')}>inndx runs</a>
				<nav aria-label="Main">
					<NavLink path="/runs" at={location.path}>Runs</NavLink>
					<NavLink path="/jobs" at={location.path}>Jobs</NavLink>
				</nav>
				<Tenant />
				<a href=".well-known/docs">API</a>
			</header>
			{/* Another tenant is another page: nothing of the one before remains. */}
			<main key={tenant()}>{find(location)}</main>
			<Toasts />
		</>
	)
}

function find(location: Location) {
	const segments = location.path.split('/')
	for (const {path, page: Page} of pages) {
		const pattern = path.split('/')
		if (pattern.length !== segments.length) continue
		if (pattern.every((p, i) => p === '*' || p === segments[i])) {
			const id = decodeURIComponent(segments[pattern.indexOf('*')] ?? '')
			return <Page key={location.path} location={location} id={id} />
		}
	}
	return <p role="alert">There is no such page. <a href={href('/runs')}>Show the runs</a></p>
}

function NavLink({path, at, children}: {path: string; at: string; children: string}) {
	const current = at === path || at.startsWith(path + '/')
	return <a href={href(path)} aria-current={current ? 'page' : undefined}>{children}</a>
}

/** Tenant shows the tenant and lets the user change it. */
function Tenant() {
	const change = (event: Event) => {
		const name = (event.currentTarget as HTMLInputElement).value.trim()
		go('#/runs' + (name ? '?tenant=' + encodeURIComponent(name) : ''))
	}
	return (
		<label class="tenant">
			Tenant <input value={tenant()} placeholder="default" maxLength={64} spellcheck={false} onChange={change} />
		</label>
	)
}
