import {local} from '../format'
import {href, type Location} from '../location'

// The page that led to a page, by cursor. The API has no cursor of a previous page.
const previous = new Map<string, string>()

export interface PagerProps {
	location: Location
	next: string | null | undefined // next_page of the page that is shown
	searchedUntil?: string | null
	/** How many items the page has. */
	items: number
}

/**
 * Pager links to the first, the previous and the next page of a list. The cursor is the parameter
 * page of the address. If the service searched a part of the list only, it says how far.
 */
export function Pager({location, next, searchedUntil, items}: PagerProps) {
	const page = location.params.get('page') ?? ''
	const to = (cursor: string) => {
		const params = new URLSearchParams(location.params)
		params.delete('page')
		if (cursor) params.set('page', cursor)
		return href(location.path, params)
	}
	if (!page && !next) return null
	if (next) previous.set(next, page)
	const back = page ? previous.get(page) : undefined
	return (
		<nav class="pager" aria-label="Pages">
			{next && searchedUntil && (
				<p role="status">
					{items === 0 ? 'Nothing matched yet' : 'There may be more'}: the service searched until{' '}
					<time dateTime={searchedUntil}>{local(searchedUntil)}</time>.
				</p>
			)}
			{page && <a href={to('')}>First page</a>}
			{page && back && <a href={to(back)}>Previous page</a>}
			{next && (
				<a href={to(next)} rel="next">
					{searchedUntil ? 'Continue the search' : 'Next page'}
				</a>
			)}
			{page && !next && <span class="weak">This is the last page.</span>}
		</nav>
	)
}
