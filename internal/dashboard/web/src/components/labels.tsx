/**
 * Labels shows the labels of a job or run. With a link, each label leads to a list that is filtered
 * by it. Long labels are cut; the title has them whole. If there are more than max, the last place
 * counts the rest.
 */
export function Labels({
	of: labels,
	link,
	max = Infinity,
}: {
	of: Record<string, string>
	link?: (key: string, value: string) => string
	max?: number
}) {
	const entries = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
	if (entries.length === 0) return null
	const shown = entries.length > max ? max - 1 : entries.length
	const rest = entries.slice(shown)
	return (
		<ul class="labels" aria-label="Labels">
			{entries.slice(0, shown).map(([key, value]) => {
				const text = (
					<>
						<bdi>{key}</bdi>=<bdi>{value}</bdi>
					</>
				)
				const title = `${key}=${value}`
				// The API cannot filter by an empty value.
				return (
					<li key={key}>
						{link && value ? (
							<a href={link(key, value)} title={title}>
								{text}
							</a>
						) : (
							<span title={title}>{text}</span>
						)}
					</li>
				)
			})}
			{rest.length > 0 && (
				<li>
					<span title={rest.map(([key, value]) => `${key}=${value}`).join('\n')}>{rest.length} more</span>
				</li>
			)}
		</ul>
	)
}
