import {useRef} from 'preact/hooks'

/** randomKey returns a new key. Unlike crypto.randomUUID, it also works on a page without TLS. */
export const randomKey = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, '0')).join('')

/**
 * useIdempotencyKey returns a function that returns the key of a request. The key stays the same
 * until the content of the request changes or done is called. So a request that is repeated because
 * its response was lost, or because of a double click, creates nothing again.
 */
export function useIdempotencyKey(): {keyOf: (content: string) => string; done: () => void} {
	const last = useRef<{content: string; key: string} | undefined>(undefined)
	return {
		keyOf: content => {
			if (last.current?.content !== content) last.current = {content, key: randomKey()}
			return last.current.key
		},
		done: () => { last.current = undefined },
	}
}
