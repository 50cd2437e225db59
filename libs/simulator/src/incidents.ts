import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import { hourMs, minuteMs, type DraftEvent } from './draft-event.ts'
import { farAway, type Place } from './places.ts'
import type { Random } from './random.ts'
import type { Viewer } from './viewers.ts'

export const incidentKinds = [
  'account-takeover',
  'impossible-travel',
  'withdrawn-consent-ignored',
  'viewing-history-shared-without-consent',
  'mass-data-export',
] as const
export type IncidentKind = (typeof incidentKinds)[number]

/** What should catch an incident: any one of what is named is enough. */
export interface Expectation {
  /** How the id of a regulation's rule may begin, such as `gdpr.`. */
  readonly rules?: readonly string[]
  /** Rules of risk by which the behaviour may be recognised. */
  readonly riskRules?: readonly string[]
}

export interface PlantedIncident {
  readonly kind: IncidentKind
  readonly subject: string
  /** All events of it, in time order. */
  readonly drafts: readonly DraftEvent[]
  /** The one with which the wrong happens; what comes before is preparation. */
  readonly decisive: DraftEvent
  readonly expected: Expectation
}

const elsewhere = (place: Place, random: Random) => ({
  country: place.country,
  ip: `203.0.113.${random.integer(1, 254)}`,
  location: { latitude: place.latitude, longitude: place.longitude },
  deviceId: `device-${random.integer(0x10000000, 0xffffffff).toString(16)}`,
  userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0',
})

const atHome = (viewer: Viewer) => ({
  country: viewer.home.country,
  region: viewer.home.region,
  ip: viewer.ip,
  location: { latitude: viewer.latitude, longitude: viewer.longitude },
  deviceId: viewer.deviceId,
  userAgent: viewer.userAgent,
})

type Plant = (viewer: Viewer, startsAtMs: number, random: Random) => PlantedIncident

/** Collects the events of one incident on a clock of its own. */
function script(subject: string, startsAtMs: number) {
  let atMs = startsAtMs
  const drafts: DraftEvent[] = []
  return {
    drafts,
    emit(type: ViewerEventType, data: Record<string, unknown>): DraftEvent {
      const draft = { atMs, type, subject, data }
      drafts.push(draft)
      return draft
    },
    wait(ms: number) {
      atMs += ms
    },
  }
}

/** Passwords are tried in a burst from another continent until one fits. */
const accountTakeover: Plant = (viewer, startsAtMs, random) => {
  const { drafts, emit, wait } = script(viewer.subject, startsAtMs)
  const attacker = elsewhere(random.pick(farAway), random)
  const credentials = { username: viewer.username, method: 'password' }
  for (let left = random.integer(18, 30); left > 0; left--) {
    emit('com.ott.signin.failed.v1', { ...attacker, ...credentials, reason: 'wrong-password', attempts: 1 })
    wait(random.integer(2_000, 12_000))
  }
  const decisive = emit('com.ott.signin.succeeded.v1', { ...attacker, ...credentials })
  wait(random.integer(20_000, 60_000))
  emit('com.ott.profile.updated.v1', { ...attacker, fields: ['email'] })
  const expected = { riskRules: ['risk.brute-force', 'risk.impossible-travel'] }
  return { kind: 'account-takeover', subject: viewer.subject, drafts, decisive, expected }
}

/** The account plays at home and, minutes later, on another continent. */
const impossibleTravel: Plant = (viewer, startsAtMs, random) => {
  const { drafts, emit, wait } = script(viewer.subject, startsAtMs)
  emit('com.ott.playback.started.v1', { ...atHome(viewer), contentId: `content-${random.integer(1, 400)}` })
  wait(random.integer(3, 12) * minuteMs)
  const abroad = elsewhere(random.pick(farAway), random)
  const decisive = emit('com.ott.playback.started.v1', { ...abroad, contentId: `content-${random.integer(1, 400)}` })
  return { kind: 'impossible-travel', subject: viewer.subject, drafts, decisive, expected: { riskRules: ['risk.impossible-travel'] } }
}

/** Consent to ads is withdrawn, and profiling goes on all the same (GDPR Art. 7(3)). */
const withdrawnConsentIgnored: Plant = (viewer, startsAtMs, random) => {
  const { drafts, emit, wait } = script(viewer.subject, startsAtMs)
  emit('com.ott.consent.changed.v1', { ...atHome(viewer), purpose: 'ads', granted: false })
  wait(random.integer(1, 5) * minuteMs)
  const consent = { ...viewer.consent, ads: false }
  const impression = () =>
    emit('com.ott.ad.impression.v1', { ...atHome(viewer), campaignId: `campaign-${random.integer(1, 40)}`, personalised: true, consent })
  const decisive = impression()
  for (let left = random.integer(1, 3); left > 0; left--) {
    wait(random.integer(2, 9) * minuteMs)
    impression()
  }
  return { kind: 'withdrawn-consent-ignored', subject: viewer.subject, drafts, decisive, expected: { rules: ['gdpr.'] } }
}

/** A US viewer's titles go to somebody else without the consent that 18 U.S.C. § 2710(b)(2)(B) asks for. */
const sharedWithoutConsent: Plant = (viewer, startsAtMs, random) => {
  const { drafts, emit } = script(viewer.subject, startsAtMs)
  const decisive = emit('com.ott.viewing-history.shared.v1', {
    ...atHome(viewer),
    recipient: 'Example Social Network Inc.',
    purpose: 'marketing',
    titles: ['The Long Tide', 'Orbit'],
    // Never asked, or asked and refused: both happen.
    ...(random.chance(0.5) ? {} : { vppaConsent: { given: false } }),
  })
  return { kind: 'viewing-history-shared-without-consent', subject: viewer.subject, drafts, decisive, expected: { rules: ['vppa.'] } }
}

/** How each kind is played by a viewer. `mass-data-export` is an employee's. */
export const viewerIncidents: Readonly<Record<Exclude<IncidentKind, 'mass-data-export'>, Plant>> = {
  'account-takeover': accountTakeover,
  'impossible-travel': impossibleTravel,
  'withdrawn-consent-ignored': withdrawnConsentIgnored,
  'viewing-history-shared-without-consent': sharedWithoutConsent,
}

/** An employee takes out, late in the evening, far more than anybody needs. Purpose and safeguards are in order: only the size tells. */
export function massDataExport(employee: string, dayStartsAtMs: number, random: Random): PlantedIncident {
  const { drafts, emit } = script(employee, dayStartsAtMs + Math.floor(random.between(19, 23) * hourMs))
  const decisive = emit('com.ott.personal-data.exported.v1', {
    country: 'DE',
    actor: employee,
    actorRole: 'employee',
    purpose: 'licence-fee-report',
    records: random.integer(20_000, 90_000),
    categories: ['contact', 'viewing-history'],
    destination: 'files.example.org',
    destinationCountry: 'DE',
    safeguards: 'adequacy',
  })
  const expected = { rules: ['gdpr.'], riskRules: ['risk.mass-data-access'] }
  return { kind: 'mass-data-export', subject: employee, drafts, decisive, expected }
}
