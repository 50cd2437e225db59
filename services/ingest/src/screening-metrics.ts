import { Counter, type Registry } from '@ott/telemetry/metrics'
import type { ScreeningAction } from './admit.ts'

/** Counts an event for each class of attack found in it. A batch that is tried again counts again. */
export type ScreeningCounter = (tenantId: string, classes: readonly string[], action: ScreeningAction | 'refused') => void

export function countScreening(registry: Registry): ScreeningCounter {
  const events = new Counter({
    name: 'ott_screening_events_total',
    help: 'Events that carry an attack, by class and by what became of them.',
    labelNames: ['tenant', 'class', 'action'],
    registers: [registry],
  })
  return (tenant, classes, action) => {
    for (const name of classes) events.inc({ tenant, class: name, action })
  }
}
