import type { MovingReference } from '@ott/anomaly/reference/moving-reference'

/** How the references of the tenants' detectors stand in one partition, and what of it isn't written down yet. */
export interface ReferenceWindows {
  readonly byTenant: Map<string, MovingReference>
  /** Tenants of whom something changed since the last snapshot began; with true the rows in force, too. */
  readonly changed: Map<string, boolean>
}

export interface HeldReference {
  readonly tenantId: string
  readonly reference: MovingReference
  /** Otherwise the rows in force are those that were written before. */
  readonly withRows: boolean
}

/** Tenants whose references move in one partition: each holds up to a megabyte with what is fitted to it. Further ones keep that of the fit. */
const tenantsMax = 32

export const noReferences = (): ReferenceWindows => ({ byTenant: new Map(), changed: new Map() })

export function hasRoomFor({ byTenant }: ReferenceWindows, tenantId: string): boolean {
  return byTenant.has(tenantId) || byTenant.size < tenantsMax
}

export function changeReference({ byTenant, changed }: ReferenceWindows, tenantId: string, reference: MovingReference): void {
  const before = byTenant.get(tenantId)
  byTenant.set(tenantId, reference)
  changed.set(tenantId, changed.get(tenantId) === true || before?.added !== reference.added)
}

/** Takes what changed, in the order in which rows are locked. */
export function takeReferences(windows: ReferenceWindows): { readonly taken: readonly HeldReference[]; failed(): void } {
  const { byTenant, changed } = windows
  const taken = [...changed].sort(([left], [right]) => (left < right ? -1 : 1)).map(([tenantId, withRows]) => ({ tenantId, withRows, reference: byTenant.get(tenantId)! }))
  changed.clear()
  return {
    taken,
    failed() {
      for (const { tenantId, withRows } of taken) changed.set(tenantId, withRows || changed.get(tenantId) === true)
    },
  }
}
