// One artifact: what it is, a preview of its content, and its download.
import {useState} from 'preact/hooks'
import {api} from '../../api'
import {Failure} from '../../components/failure'
import {bytes} from '../../format'
import {useLoad} from '../../poll'
import {Download} from './download'
import type {Artifact} from './types'
import {visible} from './url'

/** previewBytes is how much of a content is shown. */
const previewBytes = 64 * 1024

export function ArtifactItem({of: artifact}: {of: Artifact}) {
	const [shown, setShown] = useState(false)
	const text = isText(artifact.content_type)
	return (
		<div class="artifact">
			<div class="artifact-head">
				<span><strong>{artifact.kind}</strong> by <bdi>{visible(artifact.pipeline_id)}</bdi></span>
				<span class="weak"><bdi>{visible(artifact.content_type ?? 'no content type')}</bdi>, {bytes(artifact.size)}{artifact.truncated && ', truncated'}{artifact.revisit && ', same content as before'}</span>
				<span class="actions">
					{text && artifact.size > 0 && <button type="button" class="small" aria-expanded={shown} onClick={() => setShown(!shown)}>Preview</button>}
					<Download get={signal => blob(artifact, signal)} name={artifact.id} size={artifact.size} of={'artifact ' + artifact.id} />
				</span>
			</div>
			<div class="weak mono blob-key"><bdi>{visible(artifact.blob_key)}</bdi></div>
			{shown && <Preview of={artifact} />}
		</div>
	)
}

/** blob requests the content of an artifact, or a range of it. */
const blob = (artifact: Artifact, signal: AbortSignal, range?: string) =>
	api.GET('/v1/artifacts/{artifact_id}/blob', {signal, parseAs: 'stream', params: {path: {artifact_id: artifact.id}, header: {Range: range}}})

/** isText tells whether a content can be shown as text. */
export function isText(contentType: string | null): boolean {
	return /^(text\/|application\/(json|xml|xhtml\+xml|javascript|x-ndjson|[\w.-]+\+(json|xml))|image\/svg\+xml)/i.test(contentType ?? '')
}

/** Preview shows the beginning of a content as text, never as a page. */
function Preview({of: artifact}: {of: Artifact}) {
	const {data, error} = useLoad('preview ' + artifact.id, async signal => {
		const {data, response} = await blob(artifact, signal, `bytes=0-${previewBytes - 1}`)
		const content = await new Response(data as unknown as ReadableStream).arrayBuffer()
		return decode(content, response.headers.get('Content-Type') ?? artifact.content_type)
	})
	if (data === undefined) return error === undefined ? <p class="weak">Loading …</p> : <Failure of={error} />
	return (
		<>
			<pre class="preview" tabIndex={0} aria-label="Preview"><bdi>{data}</bdi></pre>
			{artifact.size > previewBytes && <p class="weak">The first {bytes(previewBytes)} of {bytes(artifact.size)}.</p>}
		</>
	)
}

/** decode reads a text in the encoding that its content type names, or as UTF-8. */
function decode(content: ArrayBuffer, contentType: string | null): string {
	const charset = /charset="?([^";\s]+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8'
	const bytes = content.slice(0, previewBytes)
	try {
		return new TextDecoder(charset).decode(bytes)
	} catch {
		return new TextDecoder().decode(bytes) // the encoding is unknown
	}
}
