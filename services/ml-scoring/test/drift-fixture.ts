import { binValues } from '@ott/anomaly/drift/value-bins'
import { windowedFactors } from '@ott/anomaly/factor-windows'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { startLiveSpreads, type LiveSpreads } from '../src/drift/live-spreads.ts'
import type { ReferenceSpread, ServableDetectors } from '../src/scoring/servable-model.ts'
import type { RegistryPlaces } from './registry-fixture.ts'

export const nowMs = Date.parse('2026-03-02T12:00:00Z')
export const dayMs = 86_400_000

const random = seededRandom(1)
const normal = (count: number) => Float64Array.from({ length: count }, () => random.normal())
export const reference: ReferenceSpread = { columns: windowedFactors.map(() => binValues(normal(5_000))), scores: binValues(normal(5_000)) }
/** A champion of `risk-ensemble` that brought it. */
export const detectors: ServableDetectors = { use: 'detectors', isSupervised: false, reference, scoreRow: () => 0, attribute: (row) => row }
export const champion = { version: 1, servable: detectors }

/** The column that {@link meet} moves. */
export const movedColumn = 3
export const movedFeature = `${windowedFactors[movedColumn]!.name}.${windowedFactors[movedColumn]!.window}`

export function liveSpreads({ database }: RegistryPlaces): LiveSpreads {
  return startLiveSpreads({ database, intervalMs: 3_600_000, nowMs: () => nowMs, onFault: () => undefined })
}

export interface Met {
  readonly tenantId?: string
  readonly version?: number
  readonly atMs?: number
  /** Of one column, in deviations. */
  readonly shift?: number
  readonly scoreShift?: number
}

/** Active hours like those of the training, but for the shifts. */
export function addHours(live: LiveSpreads, count: number, { tenantId = 'acme', version = 1, atMs = nowMs, shift = 0, scoreShift = 0 }: Met = {}): void {
  for (let n = 0; n < count; n += 1) {
    const row = normal(windowedFactors.length).map((value, at) => (at === movedColumn ? value + shift : value))
    live.add({ tenantId, model: 'risk-ensemble', version }, reference, row, random.normal() + scoreShift, atMs)
  }
}

export async function meet(places: RegistryPlaces, count: number, met: Met = {}): Promise<void> {
  const live = liveSpreads(places)
  addHours(live, count, met)
  await live.stop()
}

export function emptyDrift({ admin }: RegistryPlaces): Promise<unknown> {
  return admin.query('truncate ml_scoring.live_spreads, ml_scoring.drift_reports, ml_scoring.drift_settings, ml_scoring.leaders, ml_scoring.training_runs')
}
