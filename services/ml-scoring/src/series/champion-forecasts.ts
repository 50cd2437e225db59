import type { ModelDirectory } from '../registry/model-directory.ts'
import type { ServableModel } from '../scoring/servable-model.ts'
import type { ForecastFor } from './series-forecast.ts'

/** Forecasts by each tenant's champion of the model `seasonal`, of the series that it was found to be better for. */
export function championForecasts(modelsOf: ModelDirectory<ServableModel>['modelsOf']): ForecastFor {
  return (tenantId, series) => {
    const { champion } = modelsOf(tenantId, 'seasonal')
    if (champion?.servable.use !== 'forecaster') return undefined
    const { network, choices } = champion.servable
    const choice = Object.hasOwn(choices, series) ? choices[series] : undefined
    if (choice?.isBetter !== true) return undefined
    return {
      model: `lstm-v${champion.version}`,
      spread: choice.spread,
      predict: async (windows, count) => (await network.predict(windows, count))['forecast'] ?? [],
    }
  }
}
