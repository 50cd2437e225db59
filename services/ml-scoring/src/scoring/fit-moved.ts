import { setImmediate as nextTurn } from 'node:timers/promises'
import { matrixOf } from '@ott/anomaly/data-matrix'
import type { MovingReference } from '@ott/anomaly/reference/moving-reference'
import type { LearnedDetectors } from '@ott/anomaly/risk-with-models'
import type { ServedModel } from '../registry/model-directory.ts'
import type { MovingDetectors, ServableDetectors, ServableModel } from './servable-model.ts'

/** A champion whose detectors compare with a reference that may move. */
export interface FollowedChampion extends ServedModel<ServableDetectors> {
  readonly servable: ServableDetectors & { readonly moving: MovingDetectors }
}

export function isFollowed(served: ServedModel<ServableModel> | undefined): served is FollowedChampion {
  return served?.servable.use === 'detectors' && served.servable.moving !== undefined
}

/** A champion's detectors with these rows in force, a step at a time. */
export function* fitMoved({ version, servable }: FollowedChampion, added: MovingReference['added']): Generator<undefined, LearnedDetectors> {
  const { scoreRow, attribute } = yield* servable.moving.withReference(matrixOf(added.map((row) => [...row])))
  return { version: String(version), isSupervised: servable.isSupervised, scoreRow, attribute }
}

export function atOnce<Value>(steps: Generator<undefined, Value>): Value {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** A step a turn of the event loop, as long as somebody wants it; undefined when nobody does any more. */
export async function inTurns<Value>(steps: Generator<undefined, Value>, isWanted: () => boolean = () => true): Promise<Value | undefined> {
  while (isWanted()) {
    const { done, value } = steps.next()
    if (done === true) return value
    await nextTurn()
  }
  return undefined
}
