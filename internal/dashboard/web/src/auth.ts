// The credentials of the caller.

/** authorization returns the value of the header field Authorization, or '' for none. */
export function authorization(): string {
	return ''
}
