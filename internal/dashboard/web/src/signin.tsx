// What comes before the pages: who the user is, or what to do where a browser cannot say so.
import type {ComponentChildren} from 'preact'
import {useEffect, useState} from 'preact/hooks'
import {base} from './api'
import {signIn, signOut, useSession} from './auth'
import {Field} from './components/field'
import {begin, claimsOf, finish, returned} from './oidc'
import {settings} from './settings'
import './signin.css'

/**
 * Gate shows its children if the service lets their requests pass, and otherwise how to get there.
 */
export function Gate({children}: {children: ComponentChildren}) {
	const session = useSession()
	switch (settings.auth_mode) {
		case 'none':
			return <>{children}</>
		case 'iam':
			return <Frame title="Use the command line"><Commands /></Frame>
		case 'jwt':
			if (session.signedIn) return <>{children}</>
			return (
				<Frame title="Sign in">
					{session.ended && <p role="status">Your session has ended. Sign in again to continue where you were.</p>}
					{settings.client_id ? <Provider /> : <Paste />}
				</Frame>
			)
	}
}

/** SignOut is the button that ends the session. It is nothing where nobody signs in. */
export function SignOut() {
	const session = useSession()
	if (!session.signedIn) return null
	return <button type="button" onClick={signOut}>Sign out</button>
}

function Frame({title, children}: {title: string; children: ComponentChildren}) {
	useEffect(() => {
		document.title = title + ' · inndx runs'
	}, [title])
	return (
		<>
			<header class="top">
				<span class="brand">inndx runs</span>
				<a href=".well-known/docs">API</a>
			</header>
			<main class="signin">
				<h1>{title}</h1>
				{children}
			</main>
		</>
	)
}

// Provider sends the user to the provider when they say so, never by itself: a session that the API
// refuses would be renewed again and again.
function Provider() {
	const [busy, setBusy] = useState(returned)
	const [error, setError] = useState('')
	const run = (work: () => Promise<void>) => {
		setBusy(true)
		setError('')
		work().catch(e => {
			setError(e instanceof Error ? e.message : String(e))
			setBusy(false)
		})
	}
	useEffect(() => {
		if (returned()) run(async () => signIn(await finish()))
	}, [])
	return (
		<>
			<p>
				You sign in at <bdi>{URL.parse(settings.issuer!)?.host}</bdi>.
			</p>
			{error && <p role="alert" class="failure">{error}</p>}
			<button type="button" class="primary" disabled={busy} onClick={() => run(begin)}>
				{busy ? 'Signing in…' : 'Sign in'}
			</button>
		</>
	)
}

// Paste takes a token that the user got elsewhere.
function Paste() {
	const [error, setError] = useState('')
	const submit = (event: SubmitEvent) => {
		event.preventDefault()
		const field = new FormData(event.currentTarget as HTMLFormElement).get('token')
		const token = String(field).trim().replace(/^Bearer\s+/i, '')
		const wrong = wrongToken(token)
		if (wrong) setError(wrong)
		else signIn(token)
	}
	return (
		<form onSubmit={submit}>
			<Field
				label="Token"
				hint="A JSON Web Token of your identity provider, as the API takes it. It is kept until you close this tab."
				error={error}
			>
				{attributes => <input {...attributes} name="token" type="password" autocomplete="off" spellcheck={false} />}
			</Field>
			<button class="primary">Sign in</button>
		</form>
	)
}

function wrongToken(token: string): string {
	if (!token) return 'Paste a token.'
	const claims = /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token) ? claimsOf(token) : undefined
	if (!claims) return 'This is not a JSON Web Token: three parts with dots between.'
	if (typeof claims['exp'] === 'number' && claims['exp'] * 1000 < Date.now()) return 'This token has expired. Get a new one.'
	return ''
}

// Commands says what to do instead of the dashboard. Requests are signed with AWS credentials,
// which do not belong on a page.
function Commands() {
	const region = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com/.exec(location.host)?.[1] ?? 'REGION'
	const url = quoted(base)
	return (
		<>
			<p>
				This service takes requests that are signed with AWS credentials (<code>AuthMode=iam</code>). A browser cannot
				sign them, so the dashboard works only on one machine and with another <code>AuthMode</code>. In a terminal
				with the credentials of a principal that may <code>execute-api:Invoke</code>:
			</p>
			<h2>The runs, in a live table</h2>
			<pre>{`export INNDX_URL=${url}\ninndx top --aws-sigv4`}</pre>
			<h2>Jobs and runs</h2>
			<pre>{`inndx jobs list --aws-sigv4\ninndx runs list --aws-sigv4 --help`}</pre>
			<h2>Any request</h2>
			<pre>
				{`curl ${quoted(base + '/v1/runs')} \\\n` +
					`  --aws-sigv4 'aws:amz:${region}:execute-api' \\\n` +
					`  --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\\n` +
					`  -H "X-Amz-Security-Token: $AWS_SESSION_TOKEN" \\\n` +
					`  -H 'X-Tenant-Id: default'`}
			</pre>
		</>
	)
}

// quoted returns text as one word of a shell.
const quoted = (text: string): string => `'` + text.replaceAll(`'`, `'\\''`) + `'`
