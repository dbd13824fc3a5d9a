// What the service says about itself, in the page.

export interface Settings {
	auth_mode: 'iam' | 'jwt' | 'none'
	/** The OpenID provider and the client to sign in by, if there is one. */
	issuer?: string
	client_id?: string
	scopes?: string
	/** The token of the provider's response that the API accepts. */
	token?: 'access_token' | 'id_token'
}

/** settings are those of the service that served the page. */
export const settings: Settings = JSON.parse(
	document.querySelector<HTMLMetaElement>('meta[name="inndx-settings"]')!.content,
)
