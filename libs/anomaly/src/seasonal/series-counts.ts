import { deadlinePassedType, modelDriftedType, seriesAnomalousType } from '@ott/contracts/viewer-event-types'

/** What is counted per hour, each for itself. */
export const countedKinds = ['events', 'sign-in-failures', 'accesses'] as const
export type CountedKind = (typeof countedKinds)[number]

/** By what viewers are grouped: fields of the event's data. */
const groupings = ['country', 'plan'] as const

/** More groups of one kind than this are counted together, as `other`. */
export const groupsMax = 20

/** Kinds of counts × (all viewers, and for each grouping its groups and `other`). */
export const seriesPerTenantMax = countedKinds.length * (1 + groupings.length * (groupsMax + 1))

/** No producer can make a series of any text it likes. */
const groupName = /^[a-z0-9][a-z0-9_-]{0,31}$/

/** The groups of a tenant that have series of their own, in the order they were first seen. */
export type KnownGroups = Readonly<Record<(typeof groupings)[number], readonly string[]>>

export const noGroups: KnownGroups = { country: [], plan: [] }

/** What the platform says itself is no traffic. */
const ownTypes: ReadonlySet<string> = new Set([deadlinePassedType, modelDriftedType, seriesAnomalousType])

export interface SeriesCount {
  /** `kind:all`, `kind:country:de`, `kind:plan:other`; of one tenant. */
  readonly key: string
  readonly count: number
}

/**
 * What an event adds to the hourly series of its tenant: to that of all viewers and to those of its viewer's groups, as an event, and as a
 * sign-in failure (as often as it says) or an access to personal data when it is one.
 *
 * @param known the tenant's groups so far; @returns with them, those that the event brought while there was room
 */
export function seriesCounts(
  event: { readonly type: string; readonly data: object },
  known: KnownGroups = noGroups,
): { readonly counts: readonly SeriesCount[]; readonly known: KnownGroups } {
  if (ownTypes.has(event.type)) return { counts: [], known }
  const data = event.data as Readonly<Record<string, unknown>>
  let next = known
  const scopes = ['all']
  for (const grouping of groupings) {
    const value = data[grouping]
    if (typeof value !== 'string' || value === '') continue
    // `Premium Plus` and `premium-plus` are one group: names of series are lower-case and without spaces, since events name them.
    const name = value.toLowerCase().replaceAll(' ', '-')
    const held = next[grouping]
    const isNew = !held.includes(name)
    const hasRoom = held.length < groupsMax && name !== 'other' && groupName.test(name)
    scopes.push(`${grouping}:${isNew && !hasRoom ? 'other' : name}`)
    if (isNew && hasRoom) next = { ...next, [grouping]: [...held, name] }
  }
  const counts = kindsOf(event.type, data).flatMap(([kind, count]) => scopes.map((scope) => ({ key: `${kind}:${scope}`, count })))
  return { counts, known: next }
}

function kindsOf(type: string, data: Readonly<Record<string, unknown>>): [CountedKind, number][] {
  const kinds: [CountedKind, number][] = [['events', 1]]
  const { attempts } = data
  if (type === 'com.ott.signin.failed.v1') {
    kinds.push(['sign-in-failures', typeof attempts === 'number' && Number.isFinite(attempts) && attempts >= 1 ? Math.floor(attempts) : 1])
  }
  if (type === 'com.ott.personal-data.accessed.v1' || type === 'com.ott.personal-data.exported.v1') kinds.push(['accesses', 1])
  return kinds
}
