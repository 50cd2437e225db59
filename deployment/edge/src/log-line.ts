/** One line of the log. Fields name routes and services, never headers, keys, queries or bodies. */
export type LogLine = (level: 'info' | 'error', message: string, fields?: Readonly<Record<string, string | number>>) => void

/** Writes JSON lines to stdout. */
export const logToStdout: LogLine = (level, message, fields = {}) => {
  process.stdout.write(`${JSON.stringify({ level, time: new Date().toISOString(), name: 'edge', msg: message, ...fields })}\n`)
}

/**
 * At most one line a second for each subject, saying how many were left out since the last: a service that is down
 * must not turn every request into a log line. `nowMs` is any monotonic clock.
 */
export function atMostOncePerSecond(log: LogLine, nowMs: () => number): (subject: string, ...line: Parameters<LogLine>) => void {
  const last = new Map<string, { atMs: number; leftOut: number }>()
  return (subject, level, message, fields) => {
    const previous = last.get(subject)
    if (previous !== undefined && nowMs() - previous.atMs < 1_000) {
      previous.leftOut += 1
      return
    }
    log(level, message, { ...fields, leftOut: previous?.leftOut ?? 0 })
    last.set(subject, { atMs: nowMs(), leftOut: 0 })
  }
}
