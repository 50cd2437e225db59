import { booleanOf, complain, durationOf, fieldsOf, isEmpty, itemsOf, nameIn, namesIn, textsOf, type Place, type Reading } from './configuration-place.ts'
import type { Route } from './configuration.ts'
import { formatMatchers, type Matcher } from './matcher.ts'
import { readMatchers } from './read-matchers.ts'

/** Names that a route may use. */
export interface Defined {
  readonly receivers: ReadonlySet<string>
  readonly timeIntervals: ReadonlySet<string>
  readonly escalations: ReadonlySet<string>
}

export const maxRoutes = 500

type Inherited = Omit<Route, 'routes' | 'matchers' | 'continues' | 'muteTimeIntervals' | 'activeTimeIntervals'>

/** What the root has where it doesn't say it (dispatch/route.go, `DefaultRouteOpts`). */
const defaults: Inherited = { key: '', receiver: '', groupBy: [], groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000, escalation: undefined }

const fields = [
  'receiver', 'group_by', 'continue', 'match', 'match_re', 'matchers', 'group_wait', 'group_interval', 'repeat_interval',
  'mute_time_intervals', 'active_time_intervals', 'escalation', 'routes',
]

/** The routing tree (docs/configuration.md, `<route>`): each node inherits from its parent what it doesn't say, but for its intervals of time. */
export function readRoutes(reading: Reading, place: Place, defined: Defined): Route | undefined {
  return readRoute(reading, { place, parent: undefined, siblings: new Map() }, { defined, counter: { left: maxRoutes } })
}

/** The root takes whatever no other route does, so nothing may bound it. */
function checkRoot(reading: Reading, place: Place, root: ReadonlyMap<string, Place>): void {
  if (!root.has('receiver')) complain(reading, place, 'the root route needs a receiver')
  for (const field of ['match', 'match_re', 'matchers', 'mute_time_intervals', 'active_time_intervals']) {
    const there = root.get(field)
    if (there !== undefined && !isEmpty(there)) complain(reading, there, 'the root route must not have any, as it takes whatever no other does')
  }
  const continues = root.get('continue')
  if (continues !== undefined && booleanOf(reading, continues) === true) complain(reading, continues, 'the root route has no sibling to continue with')
}

interface Standing {
  readonly place: Place
  readonly parent: Inherited | undefined
  /** How many siblings before it have the same matchers, by these. */
  readonly siblings: Map<string, number>
}

function readRoute(reading: Reading, { place, parent, siblings }: Standing, shared: { defined: Defined; counter: { left: number } }): Route | undefined {
  const { defined, counter } = shared
  counter.left -= 1
  if (counter.left === -1) complain(reading, place, `at most ${maxRoutes} routes are taken`)
  if (counter.left < 0) return undefined
  const route = fieldsOf(reading, place, { fields, unsupported })
  if (route === undefined) return undefined
  if (parent === undefined) checkRoot(reading, place, route)

  const matchers = parent === undefined ? [] : readMatchers(reading, { matchers: route.get('matchers'), equal: route.get('match'), expressions: route.get('match_re') })
  const from = parent ?? defaults
  const own: Inherited = {
    key: keyOf(matchers, parent, siblings),
    receiver: nameIn(reading, route.get('receiver'), defined.receivers, 'receiver') ?? from.receiver,
    groupBy: route.has('group_by') ? readGroupBy(reading, route.get('group_by')) : from.groupBy,
    groupWaitMs: durationOf(reading, route.get('group_wait')) ?? from.groupWaitMs,
    groupIntervalMs: durationOf(reading, route.get('group_interval'), { isPositive: true }) ?? from.groupIntervalMs,
    repeatIntervalMs: durationOf(reading, route.get('repeat_interval'), { isPositive: true }) ?? from.repeatIntervalMs,
    escalation: nameIn(reading, route.get('escalation'), defined.escalations, 'escalation') ?? from.escalation,
  }
  const below = new Map<string, number>()
  return {
    ...own,
    matchers,
    continues: parent !== undefined && (booleanOf(reading, route.get('continue')) ?? false),
    muteTimeIntervals: namesIn(reading, route.get('mute_time_intervals'), defined.timeIntervals, 'time interval'),
    activeTimeIntervals: namesIn(reading, route.get('active_time_intervals'), defined.timeIntervals, 'time interval'),
    routes: itemsOf(reading, route.get('routes')).flatMap((child) => readRoute(reading, { place: child, parent: own, siblings: below }, shared) ?? []),
  }
}

function keyOf(matchers: readonly Matcher[], parent: Inherited | undefined, siblings: Map<string, number>): string {
  const text = formatMatchers(matchers)
  const before = siblings.get(text) ?? 0
  siblings.set(text, before + 1)
  return `${parent === undefined ? '' : `${parent.key}/`}${text}${before === 0 ? '' : `/${before}`}`
}

function readGroupBy(reading: Reading, place: Place | undefined): Route['groupBy'] {
  const labels = textsOf(reading, place)
  for (const [index, label] of labels.entries()) {
    if (labels.findIndex(({ text }) => text === label.text) < index) complain(reading, label.place, 'is there twice')
    if (label.text === '...' && labels.length > 1) complain(reading, label.place, "'...' stands for all labels, so it stands alone")
  }
  return labels.some(({ text }) => text === '...') ? 'all' : labels.map(({ text }) => text)
}

function unsupported(field: string): string | undefined {
  return field === 'labels' ? 'labels of routes are not supported, as there are no templates to read them' : undefined
}
