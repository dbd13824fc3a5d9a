// The secrets of a configuration.
import {get, set} from './config'
import {isObject, type Json} from './json'

/** mask is what the API shows in the place of a secret. An update with it keeps the secret. */
export const mask = '***'

/**
 * secretPaths returns where a configuration has secrets that are written out, not references to
 * them.
 */
function secretPaths(config: Json): (string | number)[][] {
	const paths: (string | number)[][] = []
	const add = (...path: (string | number)[]) => {
		const value = get(config, ['fetcher', ...path])
		if (typeof value === 'string') paths.push(['fetcher', ...path])
		else if (isObject(value) && typeof value['value'] === 'string') paths.push(['fetcher', ...path, 'value'])
	}
	add('basic_auth', 'password')
	add('bearer', 'token')
	add('proxy')
	const headers = get(config, ['fetcher', 'headers'])
	if (isObject(headers)) for (const name of Object.keys(headers)) add('headers', name)
	const cookies = get(config, ['fetcher', 'cookies'])
	if (Array.isArray(cookies)) for (const i of cookies.keys()) add('cookies', i, 'value')
	return paths
}

/**
 * masked reports whether a secret is masked, also in the URL of a proxy, whose host is no secret.
 */
const masked = (value: Json | undefined) => value === mask || (typeof value === 'string' && /^[a-z0-9]+:\/\/\*\*\*@[^@]*$/.test(value))

/** maskedPaths returns where a configuration has masks, as paths such as fetcher.bearer.token. */
export function maskedPaths(config: Json): string[] {
	return secretPaths(config).filter(path => masked(get(config, path)))
		.map(path => path.map(step => typeof step === 'number' ? `[${step}]` : '.' + step).join('').slice(1))
}

/**
 * withoutSecrets returns a copy in which the secrets that are not masked are empty, and whether
 * there were any.
 */
export function withoutSecrets(config: Json): {config: Json; removed: boolean} {
	let copy = config
	let removed = false
	for (const path of secretPaths(config)) {
		if (masked(get(config, path)) || get(config, path) === '') continue
		copy = set(copy, path, '')
		removed = true
	}
	return {config: copy, removed}
}
