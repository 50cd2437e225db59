import type { ModelName } from '@ott/contracts/model-configured'
import { Counter, Gauge, type Registry } from '@ott/telemetry/metrics'
import type { ScoreTally } from './compare-scores.ts'
import type { ComparedVersions } from './comparison-store.ts'
import type { LoadFault, ModelsInForce } from './model-directory.ts'

/** Metrics of a champion that are shown, where it was trained with them. A closed list: names of metrics are whoever trains' own. */
export const shownMetrics = ['auc', 'ap', 'precision', 'recall', 'agreement', 'calibrationError'] as const

/** What a process tells about the models it serves. */
export interface ModelTelemetry {
  inForce(tenantId: string, model: ModelName, inForce: ModelsInForce<unknown>): void
  refused(tenantId: string, model: ModelName, fault: LoadFault): void
  compared(compared: ComparedVersions, tally: ScoreTally): void
}

export function observeModels(registry: Registry): ModelTelemetry {
  const registers = [registry]
  const champion = new Gauge({ name: 'ott_model_champion_version', help: "The version of a tenant's model that this process serves.", labelNames: ['tenant', 'model'], registers })
  const validated = new Gauge({ name: 'ott_model_metric', help: 'Metrics that the champion had when it was trained.', labelNames: ['tenant', 'model', 'metric'], registers })
  const refused = new Counter({
    name: 'ott_models_refused_total',
    help: 'Versions of models that did not load in this process, by reason; the champion before stayed.',
    labelNames: ['tenant', 'model', 'fault'],
    registers,
  })
  const events = new Counter({
    name: 'ott_model_shadow_events_total',
    help: "Events that a challenger scored beside the champion, by which of them was over the tenant's threshold.",
    labelNames: ['tenant', 'model', 'outcome'],
    registers,
  })
  return {
    inForce(tenant, model, { champion: served }) {
      if (served === undefined) champion.remove({ tenant, model })
      else champion.set({ tenant, model }, served.version)
      for (const metric of shownMetrics) {
        const value = served?.metrics[metric]
        if (value === undefined) validated.remove({ tenant, model, metric })
        else validated.set({ tenant, model, metric }, value)
      }
    },
    refused: (tenant, model, fault) => refused.inc({ tenant, model, fault }),
    compared({ tenantId: tenant, model }, { events: all, onlyChampionOver, onlyChallengerOver, invalid }) {
      const outcomes = { same: all - onlyChampionOver - onlyChallengerOver, only_champion: onlyChampionOver, only_challenger: onlyChallengerOver, invalid }
      for (const [outcome, count] of Object.entries(outcomes)) if (count > 0) events.inc({ tenant, model, outcome }, count)
    },
  }
}
