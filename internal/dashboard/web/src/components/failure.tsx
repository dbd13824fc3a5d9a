import {ApiError, NoResponse} from '../api'

/** Failure shows the error of a request, and which fields are wrong. */
export function Failure({of: error}: {of: unknown}) {
	if (error === undefined || error === null) return null
	if (error instanceof NoResponse)
		return (
			<p role="alert" class="failure">
				The service does not respond. Try again.
			</p>
		)
	if (!(error instanceof ApiError))
		return (
			<p role="alert" class="failure">
				The page failed: {String(error)}
			</p>
		)
	return (
		<div role="alert" class="failure">
			<p>
				{sentence(error.message)} ({error.status}
				{error.reason && ' ' + error.reason})
			</p>
			{error.fields.length > 0 && (
				<ul>
					{error.fields.map(f => (
						<li key={f.field}>
							<code>{f.field}</code> {f.errors.map(e => e.message).join('; ')}
						</li>
					))}
				</ul>
			)}
		</div>
	)
}

const sentence = (message: string) =>
	message.charAt(0).toUpperCase() + message.slice(1) + (/[.!?]$/.test(message) ? '' : '.')
