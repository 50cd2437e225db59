import { windowedFactors } from '@ott/anomaly/factor-windows'
import { beginReference, offerRow, passTime, type MovingReference, type ReferenceRules } from '@ott/anomaly/reference/moving-reference'
import type { LearnedDetectors } from '@ott/anomaly/risk-with-models'
import { atOnce, fitMoved, inTurns, type FollowedChampion } from './fit-moved.ts'
import { changeReference, hasRoomFor, type ReferenceWindows } from './reference-windows.ts'
import type { ServableDetectors } from './servable-model.ts'

/** Lets references of champions move on with what viewers do, in each partition by its own events. */
export interface ReferenceFollower {
  /** Fits what a partition's tenant has in force and isn't fitted in this process yet, with turns of the event loop in between. */
  ready(windows: ReferenceWindows, tenantId: string, champion: FollowedChampion): Promise<void>
  /** The champion as the partition's reference has it now; undefined: as it was fitted. */
  detectorsOf(windows: ReferenceWindows, tenantId: string, champion: FollowedChampion): LearnedDetectors | undefined
  /** An event has been scored. @param receivedAtMs by the platform's clock: the event's own time is its sender's to choose. @param hour what its viewer's last active hour came to */
  passed(windows: ReferenceWindows, tenantId: string, champion: FollowedChampion, receivedAtMs: number, hour?: { readonly row: Float64Array; readonly score: number }): void
}

interface Fitted {
  /** What it was fitted to, the very object. */
  readonly added: MovingReference['added']
  readonly servable: ServableDetectors
  readonly detectors: LearnedDetectors
}

/** Rows that come into force soon are fitted beforehand. */
interface Preparing extends Omit<Fitted, 'detectors'> {
  readonly due: MovingReference['due']
  detectors: LearnedDetectors | undefined
}

const ruleBroken = windowedFactors.findIndex(({ name, window }) => name === 'pastViolations' && window === '1h')

/** @param onRenewed rows came into force in a partition: the share of the reference that isn't the fit's any more */
export function followReferences({ onRenewed }: { onRenewed(tenantId: string, share: number): void }): ReferenceFollower {
  const fitted = new WeakMap<ReferenceWindows, Map<string, Fitted>>()
  const preparing = new WeakMap<ReferenceWindows, Map<string, Preparing>>()

  const inForce = (windows: ReferenceWindows, tenantId: string, { version }: FollowedChampion) => {
    const reference = windows.byTenant.get(tenantId)
    return reference?.version === version && reference.added.length > 0 ? reference : undefined
  }
  const fittedOf = (windows: ReferenceWindows, tenantId: string, { added }: MovingReference, { servable }: FollowedChampion) => {
    const known = fitted.get(windows)?.get(tenantId)
    return known?.added === added && known.servable === servable ? known.detectors : undefined
  }
  const keep = (windows: ReferenceWindows, tenantId: string, added: MovingReference['added'], { servable }: FollowedChampion, detectors: LearnedDetectors) => {
    entriesOf(fitted, windows).set(tenantId, { added, servable, detectors })
    return detectors
  }
  const prepare = (windows: ReferenceWindows, tenantId: string, champion: FollowedChampion, { added, due }: MovingReference, { capacity }: ReferenceRules) => {
    const next: Preparing = { due, added: [...added, ...due].slice(-capacity), servable: champion.servable, detectors: undefined }
    const held = entriesOf(preparing, windows)
    held.set(tenantId, next)
    // Should it not be done in time, or fail, it is fitted when it is needed, with the same result.
    void inTurns(fitMoved(champion, next.added), () => held.get(tenantId) === next).then((detectors) => (next.detectors = detectors), () => undefined)
  }

  return {
    async ready(windows, tenantId, champion) {
      const restored = windows.byTenant.get(tenantId)
      // What another process had taken and not put in force yet.
      if (restored?.version === champion.version && restored.due.length > 0 && preparing.get(windows)?.get(tenantId)?.due !== restored.due) prepare(windows, tenantId, champion, restored, rulesOf(champion))
      const reference = inForce(windows, tenantId, champion)
      if (reference === undefined || fittedOf(windows, tenantId, reference, champion) !== undefined) return
      const detectors = await inTurns(fitMoved(champion, reference.added))
      if (detectors !== undefined) keep(windows, tenantId, reference.added, champion, detectors)
    },
    detectorsOf(windows, tenantId, champion) {
      const reference = inForce(windows, tenantId, champion)
      if (reference === undefined) return undefined
      return fittedOf(windows, tenantId, reference, champion) ?? keep(windows, tenantId, reference.added, champion, atOnce(fitMoved(champion, reference.added)))
    },
    passed(windows, tenantId, champion, receivedAtMs, hour) {
      if (!Number.isFinite(receivedAtMs) || !hasRoomFor(windows, tenantId)) return
      const held = windows.byTenant.get(tenantId)
      const before = held?.version === champion.version ? held : beginReference(champion.version, receivedAtMs)
      if (before !== held) fitted.get(windows)?.delete(tenantId)
      const rules = rulesOf(champion)
      const offered = hour === undefined ? before : offerRow(before, { row: hour.row, risk: hour.score, isFlagged: hour.row[ruleBroken]! > 0 }, rules)
      const after = passTime(offered, receivedAtMs, rules)
      if (after === held) return
      changeReference(windows, tenantId, after)
      if (after.added !== before.added) {
        const prepared = preparing.get(windows)?.get(tenantId)
        preparing.get(windows)?.delete(tenantId)
        if (prepared?.detectors !== undefined && prepared.due === before.due && prepared.servable === champion.servable) keep(windows, tenantId, after.added, champion, prepared.detectors)
        onRenewed(tenantId, after.added.length / rules.capacity)
      }
      if (after.due !== before.due && after.due.length > 0) prepare(windows, tenantId, champion, after, rules)
    },
  }
}

/** The seed is of the artefact: a tenant can't know which rows are taken, and a process that repeats the work takes the same. */
function rulesOf({ sha256, servable: { moving } }: FollowedChampion): ReferenceRules {
  return { capacity: moving.referenceRows, falseAlarmRate: moving.falseAlarmRate, flaggedShare: moving.flaggedShare, seed: Number.parseInt(sha256.slice(0, 8), 16) }
}

function entriesOf<Value>(all: WeakMap<ReferenceWindows, Map<string, Value>>, windows: ReferenceWindows): Map<string, Value> {
  const known = all.get(windows) ?? new Map<string, Value>()
  all.set(windows, known)
  return known
}
