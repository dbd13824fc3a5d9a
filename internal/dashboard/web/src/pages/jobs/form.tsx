// The usual settings of a job, as a form. What it does not know stays as it is in the
// configuration.
import {addPart, get, has, removeParts, toText} from './config'
import {followsLinks, keepChoices, keeps, otherPipelines, setFollow, setKeep} from './keep'
import {Seeds} from './seeds'
import {CheckSetting, ChoiceSetting, delayFormat, LinesSetting, patternLines, TextSetting, useForm, useMember, useParam} from './settings'

/** ConfigForm shows the settings in the order in which a crawl needs them. */
export function ConfigForm() {
	return (
		<>
			<Seeds />
			<Stopping />
			<Filters />
			<Politeness />
			<Keeping />
			<Fetching />
		</>
	)
}

function Stopping() {
	return (
		<fieldset>
			<legend>Stop</legend>
			<p class="hint">The run ends at the first of these limits, or when nothing is left to do.</p>
			<div class="columns">
				<TextSetting of={useParam('stopping_criteria', 'max_urls', 'max_urls')} label="After URLs" hint="Fetched or failed." def="no limit" number />
				<TextSetting of={useParam('stopping_criteria', 'max_depth', 'max_depth')} label="At depth" hint="In links from a seed." def="no limit" number />
				<TextSetting of={useParam('stopping_criteria', 'max_age', 'max_age')} label="After time" hint="Such as 30m or 6h." def="no limit" />
			</div>
			<Exclusive />
		</fieldset>
	)
}

const exclusive = {list: 'starting_criteria', kind: 'exclusive'}

function Exclusive() {
	const {config, change} = useForm()
	const by = useParam(exclusive.list, exclusive.kind, 'by')
	const limit = useParam(exclusive.list, exclusive.kind, 'limit')
	const on = has(config, exclusive.list, exclusive.kind)
	return (
		<div class="columns">
			<ChoiceSetting place={by.place} label="Refuse a new run while others are unfinished" value={on ? toText(by.value ?? 'labels') : ''}
				choices={[['', 'Never'], ['job_id', 'Runs of this job'], ['labels', 'Runs with the same labels'], ['tenant_id', 'All runs of the tenant']]}
				onChange={value => value ? by.change(value) : change(removeParts(config, exclusive.list, exclusive.kind), 'config.' + exclusive.list)} />
			{on && <TextSetting of={limit} label="Unfinished runs at a time" def="1" number />}
		</div>
	)
}

function Filters() {
	const {config, change} = useForm()
	const external = useMember('external')
	const seedHosts = has(config, 'filters', 'seed_hosts')
	const hosts = (to: string) => change(to ? addPart(config, 'filters', 'seed_hosts') : removeParts(config, 'filters', 'seed_hosts'), 'config.filters')
	return (
		<fieldset>
			<legend>Filters</legend>
			<p class="hint">A URL must pass all filters. A filter that denies takes precedence.</p>
			<div class="columns">
				<ChoiceSetting place="config.filters" label="Hosts" value={seedHosts ? 'seeds' : ''} choices={[['seeds', 'Hosts of the seeds'], ['', 'Every host']]}
					hint={seedHosts ? undefined : 'Not safe without patterns: the crawl follows links to every host.'} onChange={hosts} />
				<TextSetting of={useParam('filters', 'budget', 'limit')} label="URLs of one host" def="no limit" number />
				<ChoiceSetting place={external.place} label="Links that leave the crawl" value={toText(external.value ?? 'ignore')}
					choices={[['ignore', 'Ignore'], ['check', 'Check that they respond']]} onChange={to => external.change(to === 'ignore' ? undefined : to)} />
			</div>
			<Patterns />
		</fieldset>
	)
}

function Patterns() {
	const hint = <>One URL pattern in each line, such as <code>*.example.com/docs/*</code> or <code>/search?*</code>.</>
	return (
		<div class="columns two">
				<LinesSetting of={useParam('filters', 'url_patterns', 'allow')} label="Allow URLs" hint={hint} rows={2} format={patternLines} />
				<LinesSetting of={useParam('filters', 'url_patterns', 'deny')} label="Deny URLs" hint="One URL pattern in each line." rows={2} format={patternLines} />
				<LinesSetting of={useParam('filters', 'regex_patterns', 'allow')} label="Allow by expression" hint="RE2 expressions, which may match anywhere in the URL." rows={2} />
				<LinesSetting of={useParam('filters', 'regex_patterns', 'deny')} label="Deny by expression" hint="One RE2 expression in each line." rows={2} />
		</div>
	)
}

function Politeness() {
	const {config, change} = useForm()
	const robots = has(config, 'policies', 'robots_txt')
	const obey = (on: boolean) => change(on ? addPart(config, 'policies', 'robots_txt') : removeParts(config, 'policies', 'robots_txt'), 'config.policies')
	return (
		<fieldset>
			<legend>Politeness</legend>
			<CheckSetting checked={robots} label="Obey robots.txt" onChange={obey} place="config.policies"
				hint={robots ? undefined : 'Without it, crawl only your own sites. There is no delay between fetches.'} />
			<div class="columns">
				<TextSetting of={useParam('policies', 'robots_txt', 'default_delay')} label="Delay" hint="500ms, or 1s to 5s at random. A Crawl-delay takes precedence." def="1s" format={delayFormat} disabled={!robots} />
				<TextSetting of={useMember('speed', 'concurrency')} label="Fetches at a time" def="16" number />
				<TextSetting of={useMember('speed', 'per_host_concurrency')} label="From one host" def="1" number />
			</div>
			<TextSetting of={useMember('user_agent')} label="User agent" hint="Its name is the one that the crawler obeys in robots.txt." def="inndx/0.1.0 (+https://github.com/inndx/runs)" />
		</fieldset>
	)
}

function Keeping() {
	const {config, change} = useForm()
	const others = otherPipelines(config)
	const edges = useMember('record', 'edges')
	const pipelines = 'config.pipelines'
	return (
		<fieldset>
			<legend>Keep</legend>
			<p class="hint">Every run has the log of its URLs. What else it keeps can be read as artifacts and exported.</p>
			{keepChoices.map(({keep, label, hint}) => (
				<CheckSetting key={keep} checked={keeps(config, keep)} label={label} hint={hint} place={keep === 'raw' ? pipelines : undefined}
					onChange={on => change(setKeep(config, keep, on), pipelines)} />
			))}
			{others > 0 && <p class="hint">The editor has {others === 1 ? 'one pipeline' : others + ' pipelines'} more, which the form does not change.</p>}
			{!followsLinks(config) && (
				<p class="hint">
					No pipeline has the navigator anchor, so the run does not follow links. <button type="button" onClick={() => change(setFollow(config), pipelines)}>Follow links</button>
				</p>
			)}
			<CheckSetting checked={edges.value === true} label="Record every link" hint="of every page, not only the first referrer of each URL" place={edges.place}
				onChange={on => edges.change(on || undefined)} />
		</fieldset>
	)
}

function Fetching() {
	const {config} = useForm()
	const credentials = ['headers', 'basic_auth', 'bearer', 'cookies', 'proxy'].filter(name => get(config, ['fetcher', name]) !== undefined)
	return (
		<fieldset>
			<legend>Fetch</legend>
			<div class="columns">
				<TextSetting of={useMember('fetcher', 'timeout')} label="Timeout" hint="Of one fetch, from 100ms to 5m." def="30s" />
				<TextSetting of={useMember('fetcher', 'max_retries')} label="Retries" hint="After a failure that may pass." def="3" number />
				<TextSetting of={useMember('fetcher', 'max_redirects')} label="Redirects in a row" def="10" number />
				<TextSetting of={useMember('fetcher', 'max_body_bytes')} label="Bytes of a body" hint="A longer body is cut." def="10485760" number />
			</div>
			<TextSetting of={useMember('fetcher', 'accept_language')} label="Accept-Language" def="none" />
			{credentials.length > 0 && <p class="hint">The editor also has: {credentials.join(', ')}.</p>}
		</fieldset>
	)
}
