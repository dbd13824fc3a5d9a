// Downloads by fetch. A plain link cannot send the header fields that say who calls.
import {useEffect, useRef, useState} from 'preact/hooks'
import {message} from '../../api'
import {toastFailure} from '../../components/toast'
import {bytes} from '../../format'

/** A file that is on its way. */
export interface File {
	data?: unknown // a stream
	response: Response
}

export interface DownloadProps {
	/** Requests the file, with the option parseAs: 'stream'. */
	get: (signal: AbortSignal) => Promise<File>
	/** The name of the file, if the response has none. */
	name: string
	/** The size of the file in bytes, as far as it is known. */
	size: number | null
	/** What is downloaded, for screen readers. */
	of: string
}

/** Download is a button that saves a file, and shows how far it is. */
export function Download({get, name, size, of}: DownloadProps) {
	const [done, setDone] = useState<number>()
	const abort = useRef<AbortController>(undefined)
	useEffect(() => () => abort.current?.abort(), [])

	const start = async () => {
		const {signal} = (abort.current = new AbortController())
		setDone(0)
		try {
			const {data, response} = await get(signal)
			save(await content(data, setDone), fileName(response.headers.get('Content-Disposition')) ?? name)
		} catch (error) {
			// A connection that breaks in the middle is a TypeError.
			const why = error instanceof TypeError ? 'the connection was lost' : message(error)
			if (!signal.aborted) toastFailure(`Cannot download ${of}: ${why}.`)
		} finally {
			setDone(undefined)
		}
	}
	if (done === undefined) return <button type="button" class="small" onClick={start}>Download<span class="hidden"> {of}</span></button>
	return (
		<span class="download">
			<progress value={done} max={size ?? undefined} aria-label={'Download of ' + of} />
			{bytes(done)}{size !== null && ' of ' + bytes(size)}
			<button type="button" class="small" onClick={() => abort.current?.abort()}>Cancel<span class="hidden"> the download of {of}</span></button>
		</span>
	)
}

/**
 * content reads a stream, and says how many bytes it has read at most ten times a second. An empty
 * file has no stream.
 */
async function content(stream: unknown, progress: (done: number) => void): Promise<Blob> {
	const parts: Uint8Array<ArrayBuffer>[] = []
	let done = 0
	let told = 0
	const reader = stream instanceof ReadableStream ? stream.getReader() : undefined
	while (reader) {
		const part = await reader.read()
		if (part.done) break
		parts.push(part.value)
		done += part.value.length
		if (Date.now() - told >= 100) {
			told = Date.now()
			progress(done)
		}
	}
	return new Blob(parts, {type: 'application/octet-stream'})
}

/** save lets the browser save a file. A browser that has not begun after a minute never will. */
function save(content: Blob, name: string) {
	const url = URL.createObjectURL(content)
	const link = document.createElement('a')
	link.href = url
	link.download = name
	link.click()
	window.setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/**
 * fileName returns the file name of a Content-Disposition as the service sends it, in quotes, or
 * undefined.
 */
const fileName = (disposition: string | null): string | undefined => /filename="([^"]+)"/.exec(disposition ?? '')?.[1]
