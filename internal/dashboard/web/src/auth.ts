// The credentials of the caller. A token is kept in the session storage of the tab, so it survives
// a reload, and no other tab and no other session has it.
import {useEffect, useState} from 'preact/hooks'

const tokenKey = 'inndx-token'

let token = sessionStorage.getItem(tokenKey) ?? ''
let ended = false // whether the API refused the token
const listeners = new Set<() => void>()

/** authorization returns the value of the header field Authorization, or '' for none. */
export function authorization(): string {
	return token && 'Bearer ' + token
}

/** signIn uses the token from now on. */
export function signIn(newToken: string): void {
	change(newToken, false)
}

/** signOut forgets the token. */
export function signOut(): void {
	change('', false)
}

/**
 * refused says that the API responded with 401 to a request with the given header field. The user
 * must sign in again. A late response to a request with an earlier token changes nothing.
 */
export function refused(authorizationSent: string | null): void {
	if (token && authorizationSent === authorization()) change('', true)
}

function change(newToken: string, refusal: boolean): void {
	token = newToken
	ended = refusal
	if (token) sessionStorage.setItem(tokenKey, token)
	else sessionStorage.removeItem(tokenKey)
	for (const listener of listeners) listener()
}

export interface Session {
	signedIn: boolean
	/** Whether the user was signed in until the API refused the token. */
	ended: boolean
}

const session = (): Session => ({signedIn: token !== '', ended})

/** useSession returns whether the user is signed in, and renders again when that changes. */
export function useSession(): Session {
	const [now, set] = useState(session)
	useEffect(() => {
		const update = () => set(session())
		listeners.add(update)
		return () => void listeners.delete(update)
	}, [])
	return now
}
