/** When one stage was done with an event, and how long the event took there, waiting included. */
export interface StageTime {
  readonly stage: string
  /** ms since the epoch. */
  readonly atMs: number
  readonly durationMs: number
}

/** Times travel in a header, never in the value: a replay must publish the same bytes. */
export const timelineHeader = 'ott-timeline'

export function encodeTimeline(times: readonly StageTime[]): string {
  return times.map(({ stage, atMs, durationMs }) => `${stage}:${atMs}:${durationMs}`).join(',')
}

/** Reads a timeline header. Entries that aren't ours are left out: the header only informs. */
export function decodeTimeline(header: string | undefined): StageTime[] {
  if (header === undefined || header === '') return []
  return header.split(',').flatMap((entry) => {
    const [stage, at, duration] = entry.split(':')
    const atMs = Number(at)
    const durationMs = Number(duration)
    return stage && Number.isFinite(atMs) && Number.isFinite(durationMs) ? [{ stage, atMs, durationMs }] : []
  })
}

/** When an event came in, ms since the epoch: its time at the first stage began then. Undefined before that stage is done. */
export function receiptMsOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  // Asked for every event at every stage: nothing but the first entry is read.
  const end = header.indexOf(',')
  const at = header.indexOf(':')
  const duration = header.indexOf(':', at + 1)
  if (at < 1 || duration < 0 || (end >= 0 && duration > end)) return undefined
  const receiptMs = Number(header.slice(at + 1, duration)) - Number(header.slice(duration + 1, end < 0 ? header.length : end))
  return Number.isFinite(receiptMs) ? receiptMs : undefined
}

/** The header with one more entry. */
export function appendToTimeline(header: string | undefined, time: StageTime): string {
  const entry = encodeTimeline([time])
  return header === undefined || header === '' ? entry : `${header},${entry}`
}
