// The types of the API that the page of a run reads.
import type {components} from '../../schema'

type Schemas = components['schemas']
export type LogEntry = Schemas['LogEntry']
export type Edge = Schemas['Edge']
export type Link = Schemas['Link']
export type Artifact = Schemas['Artifact']
export type Export = Schemas['Export']
export type Progress = Schemas['Progress']

export type Metrics = Schemas['Metrics']
export type Latency = Schemas['LatencySeries']
export type Quantiles = Schemas['Latency']
export type Responses = Schemas['Responses']
export type Host = Schemas['Host']
export type HostPage = Schemas['HostPage']

/** Searched says how much of the log a response was made from, if not from all of it. */
export type Searched = {parts: number; of: number} | null
