import type {ComponentChildren} from 'preact'
import {href, type Location} from '../location'

export interface Tab {
	id: string // its value in the address
	label: ComponentChildren
}

export interface TabsProps {
	label: string // what the tabs are of, for screen readers
	tabs: Tab[]
	location: Location
	/** The parameter of the address that has the tab. The first tab is the one without it. */
	param?: string
}

/**
 * Tabs links to the parts of a page. A link has no parameter but the tab: the others belong to a
 * part.
 */
export function Tabs({label, tabs, location, param = 'tab'}: TabsProps) {
	const current = currentTab(tabs, location, param)
	return (
		<nav class="tabs" aria-label={label}>
			{tabs.map(({id, label}, i) => (
				<a
					key={id}
					href={href(location.path, {[param]: i === 0 ? undefined : id})}
					aria-current={id === current ? 'page' : undefined}
				>
					{label}
				</a>
			))}
		</nav>
	)
}

/** currentTab returns the id of the tab that the address names, or of the first one. */
export function currentTab(tabs: Tab[], location: Location, param = 'tab'): string {
	const named = location.params.get(param)
	return (tabs.find(t => t.id === named) ?? tabs[0]!).id
}
