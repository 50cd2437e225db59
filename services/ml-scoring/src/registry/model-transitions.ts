import { challengersMax } from '@ott/contracts/model-configured'
import type { ModelTransition, ModelVersionAction, ModelVersionStatus } from './model-version.ts'

const words: Readonly<Record<ModelVersionStatus, string>> = { candidate: 'a candidate', challenger: 'a challenger', champion: 'the champion', retired: 'retired' }

/** Why an action may not be taken on a version of this status; undefined when it may. The gate is asked besides. */
export function refusalOf(action: ModelVersionAction, status: ModelVersionStatus, challengers: number): string | undefined {
  switch (action) {
    case 'challenge':
      if (status === 'challenger' || status === 'champion') return `it is ${words[status]} already`
      return challengers >= challengersMax ? `${challengersMax} versions are challengers already: retire one` : undefined
    case 'promote':
      return status === 'champion' ? 'it is the champion already' : undefined
    case 'retire':
      if (status === 'champion') return 'it is the champion: promote another one, or roll back'
      return status === 'retired' ? 'it is retired already' : undefined
  }
}

/**
 * The champions before the present one, the latest last, as a stack: a promotion lays the former champion on it, rolling back takes it off
 * again. So a second rollback goes further back, and never to the version that was just taken out.
 * @param transitions of one model, in their order
 */
export function championsBefore(transitions: readonly Pick<ModelTransition, 'action' | 'version'>[]): number[] {
  const before: number[] = []
  let champion: number | undefined
  for (const { action, version } of transitions) {
    if (action === 'promote') {
      if (champion !== undefined) before.push(champion)
      champion = version
    } else if (action === 'rollback') {
      before.pop()
      champion = version
    }
  }
  return before
}
