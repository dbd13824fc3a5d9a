import type {PageProps} from '../../app'

export function Jobs({id}: PageProps) {
	return <h1>Jobs {id}</h1>
}
