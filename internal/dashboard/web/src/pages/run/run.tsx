// The page of one run.
import type {JSX} from 'preact'
import type {Run as RunData} from '../../api'
import type {PageProps} from '../../app'
import {Failure} from '../../components/failure'
import {currentTab, Tabs, type Tab} from '../../components/tabs'
import {href, type Location} from '../../location'
import {useTitle} from '../../title'
import {ArtifactsTab} from './artifacts'
import {ConfigurationTab} from './configuration'
import {ExportsTab} from './exports'
import {Header} from './header'
import {HostsTab} from './hosts'
import {LinksTab} from './links'
import {useRun, type Followed} from './live'
import {LogTab} from './log'
import {Overview} from './overview'
import './run.css'

/** TabProps is what each tab of the page gets. */
export interface TabProps {
	run: RunData
	location: Location
	recent: Followed['recent']
}

const tabs: (Tab & {content: (props: TabProps) => JSX.Element})[] = [
	{id: 'overview', label: 'Overview', content: Overview},
	{id: 'log', label: 'Log', content: LogTab},
	{id: 'links', label: 'URLs', content: LinksTab},
	{id: 'hosts', label: 'Hosts', content: HostsTab},
	{id: 'artifacts', label: 'Artifacts', content: ArtifactsTab},
	{id: 'exports', label: 'Exports', content: ExportsTab},
	{id: 'configuration', label: 'Configuration', content: ConfigurationTab},
]

export function Run({id, location}: PageProps) {
	const followed = useRun(id)
	const {run, error, deleted, recent} = followed
	useTitle(run ? `Run of ${run.job_name ?? 'a deleted job'}` : 'Run')
	if (deleted) {
		return (
			<>
				<h1>The run was deleted</h1>
				<p>Nothing that it recorded is left. <a href={href('/runs')}>Show the runs</a>{run && <> or <a href={href('/jobs/' + run.job_id)}>its job</a></>}.</p>
			</>
		)
	}
	if (!run) {
		return (
			<>
				<h1>Run <span class="mono"><bdi>{id}</bdi></span></h1>
				<Failure of={error} />
				{error === undefined && <p class="weak" role="status">Loading the run …</p>}
				{error !== undefined && <p><a href={href('/runs')}>Show the runs</a></p>}
			</>
		)
	}
	const current = tabs.find(t => t.id === currentTab(tabs, location))!
	const Content = current.content
	return (
		<div class="run-page">
			<Header followed={followed} run={run} />
			<Failure of={error} />
			<Tabs label="Parts of the run" tabs={tabs} location={location} />
			<Content key={current.id} run={run} location={location} recent={recent} />
		</div>
	)
}
