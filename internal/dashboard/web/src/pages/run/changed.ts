import {useEffect, useRef} from 'preact/hooks'

/** useChanged calls a function when a value is another than at the render before. */
export function useChanged(value: unknown, call: () => void): void {
	const before = useRef(value)
	useEffect(() => {
		if (before.current === value) return
		before.current = value
		call()
	}, [value])
}
