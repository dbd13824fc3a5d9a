// Sign-in by OpenID Connect: the authorization code flow with PKCE, for a public client. The
// comments cite OpenID Connect Core 1.0 (OIDC), Discovery 1.0, RFC 7636 (PKCE) and RFC 9207.
import {settings} from './settings'

// What a sign-in needs to remember while the user is at the provider. It is the tab's own, so a
// page that another site opens cannot finish a sign-in that this tab did not begin.
interface Attempt {
	state: string
	nonce: string
	verifier: string
	hash: string // the address to return to
}

interface Provider {
	issuer: string
	authorization_endpoint: string
	token_endpoint: string
}

const attemptKey = 'inndx-sign-in'

// The page without its query and hash. The provider must know it as a redirect URI of the client.
const redirectURI = () => location.origin + location.pathname

/** begin sends the user to the provider. It returns only if that fails. */
export async function begin(): Promise<void> {
	const provider = await discover()
	const attempt: Attempt = {state: random(), nonce: random(), verifier: random(), hash: location.hash}
	sessionStorage.setItem(attemptKey, JSON.stringify(attempt))
	const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(attempt.verifier))
	const to = new URL(provider.authorization_endpoint)
	for (const [name, value] of Object.entries({
		response_type: 'code',
		client_id: settings.client_id!,
		redirect_uri: redirectURI(),
		scope: settings.scopes ?? 'openid',
		state: attempt.state,
		nonce: attempt.nonce,
		code_challenge: base64url(new Uint8Array(digest)),
		code_challenge_method: 'S256',
	})) {
		to.searchParams.set(name, value)
	}
	location.assign(to)
	await new Promise(() => {}) // the page is about to go
}

/** returned reports whether the provider sent the user back to this page. */
export function returned(): boolean {
	const query = new URLSearchParams(location.search)
	return query.has('state') && (query.has('code') || query.has('error'))
}

/**
 * finish exchanges the code in the page's address for a token, and returns to the address where the
 * user began. The code leaves the address and the history at once. It fails with an Error whose
 * message is for the user.
 */
export async function finish(): Promise<string> {
	const query = new URLSearchParams(location.search)
	const stored = sessionStorage.getItem(attemptKey)
	sessionStorage.removeItem(attemptKey) // an attempt is finished once
	const attempt: Attempt | undefined = stored ? JSON.parse(stored) : undefined
	history.replaceState(null, '', location.pathname + (attempt?.hash ?? ''))
	if (!attempt || query.get('state') !== attempt.state) {
		throw new Error('This sign-in did not begin in this tab. Sign in again.')
	}
	const error = query.get('error')
	if (error) {
		throw new Error(`The provider refuses: ${query.get('error_description') ?? error}`)
	}
	const issuer = query.get('iss') // RFC 9207
	if (issuer && issuer !== settings.issuer) throw new Error('The response is of another provider.')
	const provider = await discover()
	const response = await fetchJSON(provider.token_endpoint, {
		method: 'POST',
		body: new URLSearchParams({
			grant_type: 'authorization_code',
			code: query.get('code')!,
			redirect_uri: redirectURI(),
			client_id: settings.client_id!,
			code_verifier: attempt.verifier,
		}),
	})
	checkIDToken(response['id_token'], attempt.nonce)
	const token = response[settings.token ?? 'access_token']
	if (typeof token !== 'string' || token === '') {
		throw new Error(`The provider's response has no ${settings.token}.`)
	}
	return token
}

// discover reads the provider's description (Discovery, section 4).
async function discover(): Promise<Provider> {
	const issuer = settings.issuer!
	const found = await fetchJSON(issuer.replace(/\/$/, '') + '/.well-known/openid-configuration')
	if (found['issuer'] !== issuer) throw new Error(`The provider calls itself ${found['issuer']}, not ${issuer}.`)
	for (const name of ['authorization_endpoint', 'token_endpoint']) {
		const url = typeof found[name] === 'string' ? URL.parse(found[name]) : null
		// A provider on this machine may have no TLS.
		if (!url || (url.protocol !== 'https:' && url.protocol !== new URL(issuer).protocol)) {
			throw new Error(`The provider's ${name} is not an https URL.`)
		}
	}
	return found as unknown as Provider
}

async function fetchJSON(url: string, init?: RequestInit): Promise<Record<string, unknown>> {
	const response = await fetch(url, {...init, credentials: 'omit', redirect: 'error'}).catch(() => {
		throw new Error(`${new URL(url).origin} does not respond, or does not allow requests of ${location.origin}.`)
	})
	const body = await response.json().catch(() => undefined)
	if (!response.ok || typeof body !== 'object' || body === null) {
		const why = body?.error_description ?? body?.error ?? response.status
		throw new Error(`${new URL(url).origin} refuses: ${why}`)
	}
	return body
}

// checkIDToken checks what OIDC, section 3.1.3.7, demands. The provider sent the token over TLS, so
// its signature need not be checked (number 6). The API checks that of the token that it gets.
function checkIDToken(token: unknown, nonce: string): void {
	const claims = typeof token === 'string' ? claimsOf(token) : undefined
	if (!claims) throw new Error("The provider's response has no ID token.")
	const audience = [claims['aud']].flat()
	const ok =
		claims['iss'] === settings.issuer &&
		audience.includes(settings.client_id) &&
		(audience.length === 1 || claims['azp'] === settings.client_id) &&
		claims['nonce'] === nonce &&
		Number(claims['exp']) * 1000 > Date.now()
	if (!ok) throw new Error('The ID token is not for this sign-in. Check the clock of this machine, and sign in again.')
}

/** claimsOf returns the claims of a JSON Web Token, unchecked, or undefined if it is none. */
export function claimsOf(token: string): Record<string, unknown> | undefined {
	const part = token.split('.')[1]
	if (!part) return undefined
	try {
		const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0))
		const claims = JSON.parse(new TextDecoder().decode(bytes))
		return typeof claims === 'object' && claims !== null ? claims : undefined
	} catch {
		return undefined
	}
}

// random returns 43 characters with 256 random bits, as RFC 7636, section 4.1, recommends.
const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)))

const base64url = (bytes: Uint8Array): string =>
	btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
