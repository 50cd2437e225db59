import { hash } from 'node:crypto'
import type { ViewerEvent } from '@ott/contracts/viewer-event'
import { hourMs, minuteMs, type DraftEvent } from './draft-event.ts'
import { massDataExport, viewerIncidents, type Expectation, type IncidentKind, type PlantedIncident } from './incidents.ts'
import { createRandom, type Random } from './random.ts'
import { employees, staffDay } from './staff-day.ts'
import { viewerDay } from './viewer-day.ts'
import { createViewer, type Viewer } from './viewers.ts'

/** Fewer people can't give each incident a viewer of its own. */
export const viewersMin = 60

/** A wrong that was put into the day on purpose. */
export interface Incident {
  readonly kind: IncidentKind
  /** The viewer, or for an export the employee. Nobody has more than one incident. */
  readonly subject: string
  /** All events of it, in time order. */
  readonly eventIds: readonly string[]
  /** RFC 3339: event time of the event with which the wrong happens. */
  readonly at: string
  readonly expected: Expectation
}

export interface SimulatedDay {
  /** In time order. Each passes the check of viewer events. */
  readonly events: ViewerEvent[]
  /** In the order in which they happen. */
  readonly incidents: Incident[]
}

export interface DaySettings {
  /** The same seed, tenant, start and number of viewers give the same bytes. */
  readonly seed: string | number
  readonly tenantId: string
  /** How many; 200 when left out, {@link viewersMin} at least. */
  readonly viewers?: number
  /** RFC 3339. All events lie within 24 hours of it. */
  readonly startsAt: string
}

const incidentsOfEachKind = 3
const massExports = 2

const isInEu = ({ home }: Viewer) => home.country === 'DE' || home.country === 'FR'
const isInUs = ({ home }: Viewer) => home.country === 'US'
const victims: Readonly<Record<keyof typeof viewerIncidents, (viewer: Viewer) => boolean>> = {
  // The few conditions first, so that the others don't use up those who meet them.
  'viewing-history-shared-without-consent': isInUs,
  'withdrawn-consent-ignored': (viewer) => isInEu(viewer) && viewer.consent.ads,
  'account-takeover': () => true,
  'impossible-travel': () => true,
}

/**
 * A day of a streaming company: viewers in five countries, staff, and a few planted incidents. Everything that is not
 * part of an incident is in order: no law is broken, nobody moves faster than a plane. Whoever has an incident does
 * nothing afterwards, so that what follows from it can't be mistaken for a false alarm.
 * @throws RangeError when there are too few viewers or `startsAt` is no time
 */
export function simulateDay({ seed, tenantId, viewers: count = 200, startsAt }: DaySettings): SimulatedDay {
  const startsAtMs = Date.parse(startsAt)
  if (Number.isNaN(startsAtMs)) throw new RangeError(`startsAt is no time: ${startsAt}`)
  if (!Number.isInteger(count) || count < viewersMin) throw new RangeError(`a day needs ${viewersMin} viewers at least`)

  const random = createRandom(JSON.stringify(['day', seed, tenantId]))
  const viewers = Array.from({ length: count }, (_, i) => createViewer(i + 1, random.fork(`viewer ${i + 1}`)))
  const ordinary = viewers.flatMap((viewer) => viewerDay(viewer, startsAtMs, random.fork(`day of ${viewer.subject}`)))
  const planted = plantIncidents(viewers, ordinary, startsAtMs, random.fork('incidents'))
  const endOf = new Map(planted.map(({ subject, drafts }) => [subject, drafts[0]?.atMs ?? 0]))
  const drafts = [...ordinary, ...staffDay(viewers, startsAtMs, random.fork('staff'))]
    .filter(({ subject, atMs }) => atMs < (endOf.get(subject) ?? Infinity))
    .concat(planted.flatMap((incident) => incident.drafts))
    .sort((a, b) => a.atMs - b.atMs)

  const idAt = (position: number) => hash('sha256', JSON.stringify([seed, tenantId, startsAt, count, position]), 'hex').slice(0, 32)
  const ids = new Map(drafts.map((draft, position) => [draft, idAt(position)]))
  const idOf = (draft: DraftEvent) => ids.get(draft) ?? ''
  return {
    events: drafts.map((draft) => ({
      specversion: '1.0',
      id: idOf(draft),
      source: 'urn:ott:simulator',
      type: draft.type,
      subject: draft.subject,
      time: new Date(draft.atMs).toISOString(),
      tenantid: tenantId,
      datacontenttype: 'application/json',
      data: draft.data,
    })),
    incidents: planted
      .toSorted((a, b) => a.decisive.atMs - b.decisive.atMs)
      .map(({ kind, subject, drafts: own, decisive, expected }) => ({
        kind,
        subject,
        eventIds: own.map(idOf),
        at: new Date(decisive.atMs).toISOString(),
        expected,
      })),
  }
}

/** Gives each incident a victim of its own, some time after the victim's first session: there is a past to differ from. */
function plantIncidents(
  viewers: readonly Viewer[],
  ordinary: readonly DraftEvent[],
  dayStartsAtMs: number,
  random: Random,
): PlantedIncident[] {
  const firstSessionEnds = endsOfFirstSessions(ordinary)
  const free = new Set(
    random
      .shuffle(viewers)
      .filter((viewer) => !viewer.minor && viewer.travelsTo === undefined)
      .filter(({ subject }) => (firstSessionEnds.get(subject) ?? Infinity) < dayStartsAtMs + 21 * hourMs),
  )
  const planted: PlantedIncident[] = []
  for (const kind of Object.keys(victims) as (keyof typeof victims)[]) {
    const chosen = [...free].filter(victims[kind]).slice(0, incidentsOfEachKind)
    for (const viewer of chosen) {
      free.delete(viewer)
      const startsAtMs = (firstSessionEnds.get(viewer.subject) ?? dayStartsAtMs) + random.integer(45, 100) * minuteMs
      planted.push(viewerIncidents[kind](viewer, startsAtMs, random))
    }
  }
  for (const employee of random.shuffle(employees).slice(0, massExports)) planted.push(massDataExport(employee, dayStartsAtMs, random))
  return planted
}

/** Event time of the last event of each viewer's first session. */
function endsOfFirstSessions(drafts: readonly DraftEvent[]): Map<string, number> {
  const sessions = new Map<string, { id: unknown; endedAtMs: number }>()
  for (const { subject, atMs, data } of drafts) {
    const first = sessions.get(subject)
    if (first === undefined) sessions.set(subject, { id: data['sessionId'], endedAtMs: atMs })
    else if (first.id === data['sessionId']) first.endedAtMs = atMs
  }
  return new Map([...sessions].map(([subject, { endedAtMs }]) => [subject, endedAtMs]))
}
