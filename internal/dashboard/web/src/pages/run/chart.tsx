// A chart over time, with a key, a tooltip and a table of the same numbers.
import {useEffect, useId, useRef, useState} from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import {local} from '../../format'

/** A line, an area or a layer of a chart. */
export interface Series {
	label: string
	/** The class of its color, such as color-good. */
	color: string
	values: (number | null)[]
}

export interface ChartProps {
	title: string
	/** The starts of the buckets, in seconds. */
	times: number[]
	/** The length of a bucket, in seconds. */
	step: number
	series: Series[]
	/** Stacked series add up: each is drawn on those before it, as bars. */
	stacked?: boolean
	/** Returns a value with its unit. */
	format: (value: number) => string
	/** Whether the values are whole numbers. */
	whole?: boolean
	/** Returns a value in a few characters, for the axis. */
	short?: (value: number) => string
	/** A sentence that says what the chart shows. */
	summary: string
}

const height = 180

/**
 * Chart draws series. The colors are those of the style sheet, which knows light and dark schemes.
 */
export function Chart(props: ChartProps) {
	const [table, setTable] = useState(false)
	const heading = useId()
	const {title, series, summary} = props
	const known = series.some(s => s.values.some(v => v !== null))
	return (
		<section class="chart" aria-labelledby={heading}>
			<div class="chart-head">
				<h3 id={heading}>{title}</h3>
				<button type="button" class="small" aria-pressed={table} onClick={() => setTable(!table)}>Table<span class="hidden"> of {title}</span></button>
			</div>
			<p class="weak">{summary}</p>
			{series.length > 1 && !table && (
				<ul class="key">{series.map(s => <li key={s.label}><span class={'swatch ' + s.color} />{s.label}</li>)}</ul>
			)}
			{table ? <ChartTable {...props} /> : known ? <Canvas {...props} /> : <div class="plot-box" />}
		</section>
	)
}

function ChartTable({title, times, series, format}: ChartProps) {
	return (
		<div class="scroll chart-table" tabIndex={0} role="region" aria-label={'Table of ' + title}>
			<table>
				<thead><tr><th scope="col">From</th>{series.map(s => <th key={s.label} scope="col" class="number">{s.label}</th>)}</tr></thead>
				<tbody>
					{times.map((time, i) => (
						<tr key={time}>
							<th scope="row">{local(new Date(time * 1000).toISOString())}</th>
							{series.map(s => <td key={s.label} class="number">{value(s.values[i], format)}</td>)}
						</tr>
					)).reverse()}
				</tbody>
			</table>
		</div>
	)
}

const value = (v: number | null | undefined, format: (v: number) => string) => (v === null || v === undefined ? '–' : format(v))

/** Canvas draws with uPlot. Screen readers get the summary and the table instead. */
function Canvas(props: ChartProps) {
	const box = useRef<HTMLDivElement>(null)
	const plot = useRef<uPlot>(undefined)
	const latest = useRef(props)
	latest.current = props
	const [at, setAt] = useState<number | null>(null)

	// The plot is made once for each set of series. New numbers are only drawn.
	const shape = props.series.map(s => s.label + s.color).join() + props.stacked
	useEffect(() => {
		const element = box.current!
		const made = new uPlot(options(element, latest, setAt), data(latest.current), element)
		plot.current = made
		const resize = new ResizeObserver(() => made.setSize({width: element.clientWidth, height}))
		resize.observe(element)
		const redraw = () => made.redraw()
		const scheme = window.matchMedia('(prefers-color-scheme: dark)')
		scheme.addEventListener('change', redraw)
		const theme = new MutationObserver(redraw)
		theme.observe(document.documentElement, {attributeFilter: ['data-theme']})
		return () => {
			theme.disconnect()
			scheme.removeEventListener('change', redraw)
			resize.disconnect()
			made.destroy()
		}
	}, [shape])
	useEffect(() => plot.current?.setData(data(props)), [props.times, props.series])

	return (
		<div class="plot" aria-hidden="true">
			<div ref={box} class="plot-box">{props.series.map(s => <span key={s.label} class={'probe ' + s.color} />)}<span class="probe color-axis" /><span class="probe color-grid" /></div>
			{at !== null && at < props.times.length && <Tip {...props} at={at} side={at >= props.times.length / 2 ? 'left' : 'right'} />}
		</div>
	)
}

/** Tip shows the numbers of the bucket under the pointer or the finger. */
function Tip({times, step, series, format, at, side}: ChartProps & {at: number; side: string}) {
	const start = new Date(times[at]! * 1000)
	const end = new Date((times[at]! + step) * 1000)
	return (
		<div class={'tip ' + side}>
			<strong>{times.at(-1)! - times[0]! > 86_400 && day(start) + ' '}{start.toLocaleTimeString('en-GB')} – {end.toLocaleTimeString('en-GB')}</strong>
			{series.map(s => <span key={s.label}><span class={'swatch ' + s.color} />{s.label} <b>{value(s.values[at], format)}</b></span>)}
		</div>
	)
}

/**
 * data returns the numbers as uPlot takes them. A value holds until the end of its bucket, so the
 * last one is there twice. Of stacked series, data returns the sums: the last one is drawn first.
 */
function data({times, step, series, stacked}: ChartProps): uPlot.AlignedData {
	const starts = times.length > 0 ? [...times, times.at(-1)! + step] : []
	if (!stacked) return [starts, ...series.map(({values}) => [...values, values.at(-1) ?? null].slice(0, starts.length))]
	const sums: (number | null)[][] = []
	for (const {values} of series) {
		const below = sums.at(-1)
		sums.push(values.map((v, i) => (v ?? 0) + (below?.[i] ?? 0)))
	}
	return [starts, ...sums.map(s => [...s, null].slice(0, starts.length)).reverse()]
}

function options(element: HTMLElement, latest: {current: ChartProps}, setAt: (at: number | null) => void): uPlot.Options {
	const {series, stacked, whole} = latest.current
	// A canvas takes no variables of a style sheet. So hidden elements of each color say what it
	// is.
	const color = (name: string) => () => getComputedStyle(element.querySelector('.probe.' + name)!).color
	const line = {stroke: color('color-grid'), width: 1}
	const axis: uPlot.Axis = {stroke: color('color-axis'), grid: line, ticks: line, font: '12px system-ui, sans-serif'}
	const short = (v: number) => (latest.current.short ?? latest.current.format)(v)
	const {bars, stepped} = uPlot.paths
	return {
		width: element.clientWidth,
		height,
		padding: [8, 30, 0, 0], // the last label is centered at the edge
		legend: {show: false},
		// The page scrolls when a finger moves up or down. A drag selects nothing.
		cursor: {y: false, drag: {x: false, y: false}, points: {show: false}},
		scales: {x: {time: true, range: (_, min, max) => [min, max]}, y: {range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1]}},
		axes: [
			{...axis, space: 76, size: 28, values: (_, ticks) => clock(ticks)},
			{...axis, space: 32, size: 62, incrs: whole ? wholeSteps : undefined, values: (_, ticks) => ticks.map(short)},
		],
		series: [
			{},
			...(stacked ? [...series].reverse() : series).map((s): uPlot.Series => {
				const paint = color(s.color)
				return stacked
					? {stroke: paint, fill: paint, width: 0, paths: bars!({align: 1, size: [1, Infinity], gap: 1}), points: {show: false}}
					: {stroke: paint, width: 2, paths: stepped!({align: 1}), points: {show: false}}
			}),
		],
		hooks: {setCursor: [u => setAt(bucket(u, latest.current))]},
	}
}

/** bucket returns the index of the bucket under the cursor, or null. */
function bucket(u: uPlot, {times, step}: ChartProps): number | null {
	if (times.length === 0 || u.cursor.left === undefined || u.cursor.left < 0) return null
	const i = Math.floor((u.posToVal(u.cursor.left, 'x') - times[0]!) / step)
	return Math.min(Math.max(i, 0), times.length - 1)
}

/** The distances between the marks of an axis of whole numbers: 1, 2, 5, 10, 20 and so on. */
const wholeSteps = Array.from({length: 13}, (_, i) => [1, 2, 5].map(n => n * 10 ** i)).flat()

/**
 * clock formats the times of the axis. Midnights, and marks that are days apart, have their date.
 */
function clock(ticks: number[]): string[] {
	const days = ticks.length > 1 && ticks[1]! - ticks[0]! >= 86_400
	return ticks.map(seconds => {
		const date = new Date(seconds * 1000)
		if (days || date.getHours() + date.getMinutes() + date.getSeconds() === 0) return day(date)
		return date.toLocaleTimeString('en-GB', {timeStyle: seconds % 60 === 0 ? 'short' : 'medium'})
	})
}

const day = (date: Date): string => date.toLocaleDateString('en', {month: 'short', day: 'numeric'})
