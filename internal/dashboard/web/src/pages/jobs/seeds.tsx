// The seeds of a job in the form.
import {errorsAt} from './errors'
import {parts, set, toText} from './config'
import type {Json, JsonObject} from './json'
import {errorLines, LinesSetting, TextSetting, useForm, useMember} from './settings'

/** Seeds shows each seed with its settings. Seeds can be added and removed. */
export function Seeds() {
	const {config, change} = useForm()
	const seeds = parts(config, 'seeds') ?? []
	const put = (to: Json[]) => change(set(config, ['seeds'], to.length > 0 ? to : undefined), 'config.seeds')
	return (
		<fieldset>
			<legend>Seeds</legend>
			<p class="hint">Where the crawl starts. Without other filters it stays on the hosts of the seeds.</p>
			{seeds.map((seed, i) => (
				<SeedSettings key={i} seed={seed} index={i} onRemove={() => put(seeds.toSpliced(i, 1))} />
			))}
			<div class="actions">
				<button type="button" onClick={() => put([...seeds, {kind: 'static_list', params: {urls: []}}])}>Add URLs</button>
				<button type="button" onClick={() => put([...seeds, {kind: 'sitemap', params: {}}])}>Add sitemaps</button>
			</div>
		</fieldset>
	)
}

const names: Record<string, string> = {static_list: 'URLs', sitemap: 'Sitemaps'}

function SeedSettings({seed, index, onRemove}: {seed: JsonObject; index: number; onRemove: () => void}) {
	const {errors} = useForm()
	const kind = toText(seed['kind'])
	const place = `config.seeds[${index}]`
	// The inputs show the errors of the params that they have.
	const own = errors.filter(e => e.field === place || e.field === place + '.params' || e.field.startsWith(place + '.kind'))
	return (
		<fieldset class="part">
			<legend>{names[kind] ?? <bdi>{kind || 'A seed without a kind'}</bdi>}</legend>
			{own.length > 0 && <p class="error" tabIndex={-1} aria-invalid="true">{errorLines(errorsAt(own, place))}</p>}
			{kind === 'static_list' && <StaticList index={index} />}
			{kind === 'sitemap' && <Sitemap index={index} seed={seed} />}
			{!(kind in names) && <p class="hint">The form does not know this kind of seed. Change it in the editor.</p>}
			<div class="actions"><button type="button" onClick={onRemove}>Remove <span class="hidden">{names[kind] ?? kind}, seed {index + 1}</span></button></div>
		</fieldset>
	)
}

function StaticList({index}: {index: number}) {
	return (
		<LinesSetting of={useMember('seeds', index, 'params', 'urls')} label="URLs to start from" hint="One http or https URL in each line, at most 1,000."
			placeholder="https://example.com/" keepEmpty />
	)
}

function Sitemap({index, seed}: {index: number; seed: JsonObject}) {
	const url = useMember('seeds', index, 'params', 'url')
	const urls = useMember('seeds', index, 'params', 'urls')
	const hosts = useMember('seeds', index, 'params', 'hosts')
	const limit = useMember('seeds', index, 'params', 'limit')
	const concurrency = useMember('seeds', index, 'params', 'concurrency')
	const params = seed['params'] as JsonObject | undefined
	return (
		<>
			{params?.['url'] !== undefined && <TextSetting of={url} label="URL of the sitemap" />}
			<LinesSetting of={urls} label="URLs of sitemaps" hint="One in each line: XML, text, RSS or Atom, also compressed. Indexes are followed." rows={2} placeholder="https://example.com/sitemap.xml" />
			<LinesSetting of={hosts} label="Hosts with sitemaps" hint="The sitemaps that their robots.txt names, otherwise /sitemap.xml." rows={2} placeholder="example.com" />
			<div class="columns">
				<TextSetting of={limit} label="URLs to take" def="50000" number />
				<TextSetting of={concurrency} label="Sitemaps at a time" def="1" number />
			</div>
		</>
	)
}
