import type {PageProps} from '../../app'

export function EditJob({id}: PageProps) {
	return <h1>EditJob {id}</h1>
}
