import type {PageProps} from '../../app'

export function Run({id}: PageProps) {
	return <h1>Run {id}</h1>
}
