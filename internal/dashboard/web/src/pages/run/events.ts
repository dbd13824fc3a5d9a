// Server-sent events. EventSource cannot send the header fields that say who calls, but fetch can.
/** ServerEvent is an event of a stream: its name and its data, which is JSON. */
export interface ServerEvent {
	name: string
	data: string
}

/**
 * readEvents reads the events of a body until it ends. It knows the fields event and data of the
 * HTML standard ("Server-sent events", 9.2.6). It ignores ids and times of reconnection, which the
 * API does not send.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
	let event = {name: 'message', data: [] as string[]}
	for await (const line of readLines(body)) {
		if (line === '') {
			if (event.data.length > 0) yield {name: event.name, data: event.data.join('\n')}
			event = {name: 'message', data: []}
			continue
		}
		const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!
		if (field === 'event') event.name = value
		if (field === 'data') event.data.push(value)
	}
}

/**
 * readLines reads lines that end in CR LF, LF or CR. Like the standard, it drops a line without an
 * end.
 */
async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
	const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader()
	try {
		let rest = ''
		for (;;) {
			const {value, done} = await reader.read()
			if (done) return
			// A CR at the end may be the first half of a CR LF.
			const lines = (rest + value).split(/\r\n|\n|\r(?!$)/)
			rest = lines.pop()!
			yield* lines
		}
	} finally {
		await reader.cancel().catch(() => undefined)
	}
}
