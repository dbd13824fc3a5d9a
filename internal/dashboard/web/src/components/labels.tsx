/**
 * Labels shows the labels of a job or run. With a link, each label leads to a list that is filtered by
 * it. Long labels are cut; the title has them whole.
 */
export function Labels({of: labels, link}: {of: Record<string, string>; link?: (key: string, value: string) => string}) {
	const entries = Object.entries(labels).sort(([a], [b]) => a < b ? -1 : 1)
	if (entries.length === 0) return null
	return (
		<ul class="labels" aria-label="Labels">
			{entries.map(([key, value]) => {
				const text = <><bdi>{key}</bdi>=<bdi>{value}</bdi></>
				const title = `${key}=${value}`
				// The API cannot filter by an empty value.
				return <li key={key}>{link && value ? <a href={link(key, value)} title={title}>{text}</a> : <span title={title}>{text}</span>}</li>
			})}
		</ul>
	)
}
