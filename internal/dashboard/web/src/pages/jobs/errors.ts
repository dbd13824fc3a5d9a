// The API's errors of fields, at their places.
import type {components} from '../../schema'

export type FieldError = components['schemas']['FieldError']

/** below reports whether the path of a field is a place or in it. */
export const below = (field: string, place: string): boolean =>
	field === place || (field.startsWith(place) && /^[.[]/.test(field.slice(place.length)))

/** errorsAt returns what is wrong at a place or in it. For a list, it names the line. */
export function errorsAt(errors: FieldError[], place: string): string[] {
	return errors.filter(e => below(e.field, place)).map(e => within(e.field.slice(place.length)) + say(e))
}

/** errorsOf returns what is wrong with the value at a place itself. */
export const errorsOf = (errors: FieldError[], place: string): string[] => errors.filter(e => e.field === place).map(say)

function within(rest: string): string {
	const line = /^\[([0-9]+)\](.*)$/.exec(rest)
	if (line) return `Line ${Number(line[1]) + 1}${line[2]}: `
	return rest && rest.slice(1) + ': '
}

/** say returns the messages of a field as a sentence. */
export const say = (e: FieldError): string => e.errors.map(rule => rule.message).join('; ')
