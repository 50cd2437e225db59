import type { Logger } from '@ott/telemetry/logger'
import type { Registry } from '@ott/telemetry/metrics'
import { repeatWork } from '@ott/service/repeat-work'
import { observeCases } from './observe-cases.ts'
import { changesAtOnce, publishChanges, type PublishChangesOptions } from './publish-changes.ts'
import { casesAtOnce, endIncidents, tellOverdue } from './run-clocks.ts'

export interface OpenCasesOptions extends Omit<PublishChangesOptions, 'onTold'> {
  readonly log: Logger
  readonly registry: Registry
  readonly scope: AsyncDisposableStack
}

const publishIntervalMs = 200
const clockIntervalMs = 5_000

/** What goes on beside the stage: telling of changes, and the clocks. In every process; the database lets one of them do each piece. */
export function openCases({ log, registry, scope, ...options }: OpenCasesOptions): void {
  const metrics = observeCases({ registry, ...options })
  const onFault = (error: unknown) => log.warn({ error: String(error) }, 'cases could not be looked after, repeating')
  const works = [
    repeatWork({ work: () => publishChanges({ ...options, onTold: metrics.told }), atOnce: changesAtOnce, intervalMs: publishIntervalMs, onFault }),
    repeatWork({ work: () => endIncidents(options), atOnce: casesAtOnce, intervalMs: clockIntervalMs, onFault }),
    repeatWork({ work: () => tellOverdue(options), atOnce: casesAtOnce, intervalMs: clockIntervalMs, onFault }),
  ]
  scope.defer(async () => {
    await Promise.all(works.map((work) => work.stop()))
  })
}
