// URLs of sites. They are texts of strangers.
import {href} from '../../location'

/**
 * visit returns the address of a URL for a link, or undefined if a browser should not follow it.
 */
export function visit(url: string): string | undefined {
	try {
		const {protocol, href} = new URL(url)
		return protocol === 'http:' || protocol === 'https:' ? href : undefined
	} catch {
		return undefined
	}
}

/** Url shows a URL, and a link that opens it in another tab. */
export function Url({of: url}: {of: string}) {
	const to = visit(url)
	return (
		<span class="url">
			<bdi>{visible(url)}</bdi>
			{to && <> <a class="visit" href={to} target="_blank" rel="noreferrer noopener" title="Open the URL in a new tab" aria-label="Open the URL in a new tab">↗</a></>}
		</span>
	)
}

/** LogLink shows a URL that leads to its entry in the log of a run. */
export function LogLink({run, url}: {run: string; url: string}) {
	return <a class="url" href={logOf(run, url)} title={url}><bdi>{visible(url)}</bdi></a>
}

/** logOf returns the address of the log of a run, with the entries of a URL. */
export const logOf = (run: string, url: string): string => href('/runs/' + run, {tab: 'log', url})

/**
 * visible replaces control characters and those that change the direction of text, such as U+202E,
 * by escapes.
 */
export const visible = (text: string): string =>
	text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, c => `\\u{${c.codePointAt(0)!.toString(16)}}`)
