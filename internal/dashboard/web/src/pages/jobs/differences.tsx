// The lists of a comparison.
import {useMemo, useState} from 'preact/hooks'
import {count} from '../../format'
import {go, href, type Location} from '../../location'
import {logOf, Url, visible} from '../run/url'
import type {Compared} from './comparing'
import {kinds, result, toCsv, type Difference, type Found, type Kind} from './diff'

/** shownAtFirst is how many URLs a list shows before the user asks for more. */
const shownAtFirst = 100

/** Differences shows the number of each kind, and the list of one kind, which can be searched. */
export function Differences({of, location}: {of: Compared; location: Location}) {
	const {differences, unchanged, skipped} = of.comparison
	const counts = useMemo(() => countKinds(differences), [differences])
	const named = location.params.get('kind')
	const current = kinds.find(k => k.kind === named) ?? kinds.find(k => counts[k.kind] > 0) ?? kinds[0]!
	const search = location.params.get('q') ?? ''
	const listed = differences.filter(d => d.kind === current.kind && d.url.toLowerCase().includes(search.toLowerCase()))
	const to = (params: Record<string, string>) => {
		const all = new URLSearchParams(location.params)
		for (const [name, value] of Object.entries(params)) all.set(name, value)
		return href(location.path, all)
	}
	return (
		<>
			<nav class="kinds" aria-label="Differences">
				{kinds.map(({kind, title}) => (
					<a key={kind} href={to({kind})} class={counts[kind] > 0 ? kind : ''} aria-current={kind === current.kind ? 'page' : undefined}>
						<strong>{count(counts[kind])}</strong> {title}
					</a>
				))}
			</nav>
			<p class="weak">{count(unchanged)} URLs have the same result in both runs. {count(skipped)} were requested by neither run and do not count.</p>
			<section aria-labelledby="kind-title">
				<h2 id="kind-title">{current.title}</h2>
				<p class="hint">{current.meaning}</p>
				<div class="list-tools">
					<label>Search <input type="search" value={search} placeholder="part of the URL" spellcheck={false} autocomplete="off"
						onInput={e => go(to({kind: current.kind, q: e.currentTarget.value}), true)} /></label>
					<button type="button" disabled={differences.length === 0} onClick={() => download(differences, of)}>Download all as CSV</button>
					<span class="weak" role="status">{search && `${count(listed.length)} found`}</span>
				</div>
				{listed.length > 0 ? <List key={current.kind + ' ' + search} of={listed} runs={of.runs} /> : <p class="no-rows">{search && counts[current.kind] > 0 ? 'No URL of this list matches.' : 'None.'}</p>}
			</section>
		</>
	)
}

function countKinds(differences: Difference[]): Record<Kind, number> {
	const counts = Object.fromEntries(kinds.map(k => [k.kind, 0])) as Record<Kind, number>
	for (const d of differences) counts[d.kind]++
	return counts
}

function List({of: differences, runs}: {of: Difference[]; runs: Compared['runs']}) {
	const [shown, setShown] = useState(shownAtFirst)
	return (
		<>
			<div class="scroll">
				<table class="job-table differences">
					<thead><tr><th scope="col">URL</th><th scope="col">First run</th><th scope="col">Second run</th></tr></thead>
					<tbody>
						{differences.slice(0, shown).map(d => (
							<tr key={d.url}>
								<th scope="row" class="url"><Url of={d.url} /></th>
								<td data-label="First run"><Result found={d.a} run={runs[0].id} /></td>
								<td data-label="Second run"><Result found={d.b} run={runs[1].id} /></td>
							</tr>
						))}
					</tbody>
				</table>
			</div>
			{differences.length > shown && <button type="button" onClick={() => setShown(n => n + 500)}>Show more ({count(differences.length - shown)} are left)</button>}
		</>
	)
}

/** Result says what a run made of a URL, and leads to its entry in the log. */
function Result({found, run}: {found: Found | undefined; run: string}) {
	if (!found) return <span class="weak">not known</span>
	// A queued URL has no entry in the log yet.
	const to = found.state === 'queued' ? href('/runs/' + run, {tab: 'links', url: found.url}) : logOf(run, found.url)
	return (
		<div>
			<a href={to} class={'result ' + found.state}>{result(found)}</a>
			{found.redirect_url && <span class="line weak">to <bdi>{visible(found.redirect_url)}</bdi></span>}
		</div>
	)
}

function download(differences: Difference[], {runs}: Compared) {
	const url = URL.createObjectURL(new Blob([toCsv(differences)], {type: 'text/csv'}))
	const link = document.createElement('a')
	link.href = url
	link.download = `compare-${runs[0].id.slice(-8)}-${runs[1].id.slice(-8)}.csv`
	link.click()
	URL.revokeObjectURL(url)
}
