// What the browser remembers for the user. Browsers may refuse to store anything: then it is
// forgotten.

/** stored returns the value of a name, or the fallback if there is none. */
export function stored<T>(name: string, fallback: T): T {
	try {
		const value = localStorage.getItem('inndx.' + name)
		return value === null ? fallback : JSON.parse(value)
	} catch {
		return fallback
	}
}

/** store stores the value of a name. */
export function store(name: string, value: unknown): void {
	try {
		localStorage.setItem('inndx.' + name, JSON.stringify(value))
	} catch {
		// The page works without.
	}
}
