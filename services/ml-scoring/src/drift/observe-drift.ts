import { Gauge, type Registry } from '@ott/telemetry/metrics'
import type { DriftReport } from './drift-report-store.ts'

const labelNames = ['tenant', 'model', 'measure', 'feature'] as const

/**
 * Shows the latest report of each model, in the process that leads the checks. One that loses the lead forgets what it showed: another shows it now.
 * @returns takes a model's report, or undefined when it has no champion
 */
export function observeDrift(registry: Registry, isLeader: () => boolean): (tenantId: string, model: string, report: Pick<DriftReport, 'columns'> | undefined) => void {
  const shown = new Map<string, string[]>()
  const gauge = new Gauge({
    name: 'ott_model_drift',
    help: 'How far what a champion meets is from what it was trained on, by feature; the scores are the feature `score`. Told by the process that judges, of what enough was seen.',
    labelNames,
    registers: [registry],
    collect() {
      if (!isLeader()) this.reset()
    },
  })
  return (tenant, model, report) => {
    const key = `${tenant} ${model}`
    for (const feature of shown.get(key) ?? []) for (const measure of ['psi', 'ks']) gauge.remove({ tenant, model, measure, feature })
    const judged = (report?.columns ?? []).filter(({ psiLimit }) => psiLimit !== null)
    if (judged.length === 0) shown.delete(key)
    else shown.set(key, judged.map(({ feature }) => feature ?? 'score'))
    for (const { feature, psi, ks } of judged) {
      for (const [measure, value] of Object.entries({ psi, ks })) gauge.set({ tenant, model, measure, feature: feature ?? 'score' }, value)
    }
  }
}
