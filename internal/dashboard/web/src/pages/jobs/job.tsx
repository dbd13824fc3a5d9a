import type {PageProps} from '../../app'

export function Job({id}: PageProps) {
	return <h1>Job {id}</h1>
}
