import type {PageProps} from '../../app'

export function Compare({id}: PageProps) {
	return <h1>Compare {id}</h1>
}
