import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import { dayMs, hourMs, minuteMs, type DraftEvent } from './draft-event.ts'
import { distanceKm, type Coordinates, type Place } from './places.ts'
import type { Random } from './random.ts'
import { rounded, type Viewer } from './viewers.ts'

/** What a session is likely to begin at, by local hour: little at night, much in the evening. Relative, no unit. */
const activityByHour = [2, 1, 1, 1, 1, 2, 4, 6, 6, 5, 5, 6, 8, 7, 6, 6, 8, 12, 18, 24, 26, 22, 14, 6]

/** Between two sessions: long enough that two places within a city are no journey. */
const pauseMsMin = 40 * minuteMs

const titles = ['The Long Tide', 'Northern Line', 'Paper Moons', 'Kitchen Wars', 'Orbit', 'A Quiet Verdict', 'Salt Road', 'Small Giants']

interface Stay {
  readonly place: Place
  readonly centre: Coordinates
  readonly ip: string
}

/** All that one viewer does in a day, in order, from `startsAtMs` on: nothing in it breaks a rule. */
export function viewerDay(viewer: Viewer, startsAtMs: number, random: Random): DraftEvent[] {
  const drafts: DraftEvent[] = []
  const endsAtMs = startsAtMs + dayMs
  const home: Stay = { place: viewer.home, centre: viewer, ip: viewer.ip }
  let consent: Record<string, boolean> = { ...viewer.consent }
  let consentMayChange = !viewer.minor
  let freeFromMs = startsAtMs

  const attend = (stay: Stay, beginsAtMs: number, number: number) => {
    const session = watch({ viewer, stay, consent, consentMayChange, number }, beginsAtMs, startsAtMs, random)
    // What would run past midnight is cut off: each day is simulated by itself.
    drafts.push(...session.drafts.filter(({ atMs }) => atMs < endsAtMs))
    consentMayChange &&= session.consent === consent
    consent = session.consent
    freeFromMs = session.endedAtMs + pauseMsMin
  }

  if (viewer.travelsTo !== undefined) {
    const away = viewer.travelsTo
    attend(home, startsAtMs + random.between(0.2, 3) * hourMs, 1)
    // Flight at 750 km/h with an hour and a half before it and one after: below 900 km/h from door to door.
    const landsAtMs = freeFromMs + (1.5 + distanceKm(viewer, away) / 750 + 1) * hourMs
    const hotel: Stay = { place: away, centre: away, ip: `2001:db8:ffff:${random.integer(1, 0xffff).toString(16)}::1` }
    freeFromMs = landsAtMs
    for (let number = 2; number <= 3 && freeFromMs < endsAtMs; number++) attend(hotel, freeFromMs + random.between(0, 2) * hourMs, number)
    return drafts
  }

  const starts = Array.from({ length: random.integer(1, 4) }, () => startOfSession(viewer.home, startsAtMs, random)).sort((a, b) => a - b)
  for (const [index, beginsAtMs] of starts.entries()) {
    const actualMs = Math.max(beginsAtMs, freeFromMs)
    if (actualMs < endsAtMs) attend(home, actualMs, index + 1)
  }
  return drafts
}

function startOfSession({ utcOffsetHours }: Place, startsAtMs: number, random: Random): number {
  const weights = activityByHour.reduce((sum, weight) => sum + weight, 0)
  let drawn = random.between(0, weights)
  const localHour = activityByHour.findIndex((weight) => (drawn -= weight) < 0)
  const startHourUtc = new Date(startsAtMs).getUTCHours()
  const hoursIn = (((localHour - utcOffsetHours - startHourUtc) % 24) + 24) % 24
  return startsAtMs + Math.floor((hoursIn + random.next()) * hourMs)
}

interface Sitting {
  readonly viewer: Viewer
  readonly stay: Stay
  readonly consent: Record<string, boolean>
  readonly consentMayChange: boolean
  /** Its place in the day, from 1. */
  readonly number: number
}

/** One sitting in front of the screen. */
function watch(
  { viewer, stay, consent, consentMayChange, number }: Sitting,
  beginsAtMs: number,
  dayStartsAtMs: number,
  random: Random,
): { drafts: DraftEvent[]; consent: Record<string, boolean>; endedAtMs: number } {
  const drafts: DraftEvent[] = []
  let atMs = Math.floor(beginsAtMs)
  // One place for the whole sitting: metres that jump within seconds would look like speed.
  const circumstances = {
    country: stay.place.country,
    region: stay.place.region,
    ip: stay.ip,
    location: {
      latitude: rounded(stay.centre.latitude + random.between(-0.02, 0.02)),
      longitude: rounded(stay.centre.longitude + random.between(-0.02, 0.02)),
    },
    deviceId: viewer.deviceId,
    sessionId: `${viewer.subject}-${new Date(dayStartsAtMs).toISOString().slice(0, 10)}-${number}`,
    userAgent: viewer.userAgent,
    ...(viewer.minor ? { minor: true } : {}),
  }
  const emit = (type: ViewerEventType, data: Record<string, unknown>) => {
    drafts.push({ atMs, type, subject: viewer.subject, data: { ...circumstances, ...data } })
  }
  const pass = (minMs: number, maxMs: number) => {
    atMs += random.integer(minMs, maxMs)
  }

  if (random.chance(0.6)) {
    const slips = random.chance(0.07) ? random.integer(1, 2) : 0
    for (let i = 0; i < slips; i++) {
      emit('com.ott.signin.failed.v1', { username: viewer.username, method: 'password', reason: 'wrong-password', attempts: 1 })
      pass(6_000, 25_000)
    }
    emit('com.ott.signin.succeeded.v1', { username: viewer.username, method: 'password' })
    pass(1_000, 4_000)
  }
  emit('com.ott.api.requested.v1', { method: 'GET', path: '/v1/home', status: 200, bytes: random.integer(8_000, 40_000) })
  pass(5_000, 90_000)

  const plays = random.integer(1, 3)
  let mayFail = true
  for (let play = 0; play < plays; play++) {
    const content = random.integer(1, 400)
    const contentId = `content-${content}`
    const startedAtMs = atMs
    emit('com.ott.playback.started.v1', { contentId, title: titles[content % titles.length], rating: viewer.minor ? '6' : '12', consent })
    const breaks = random.integer(1, 4)
    for (let i = 0; i < breaks; i++) {
      pass(6 * minuteMs, 14 * minuteMs)
      emit('com.ott.ad.impression.v1', {
        campaignId: `campaign-${random.integer(1, 40)}`,
        contentId,
        personalised: consent['ads'] === true && !viewer.gpc,
        consent,
        ...(stay.place.country === 'US' ? { gpc: viewer.gpc } : {}),
      })
    }
    if (mayFail && random.chance(0.03)) {
      mayFail = false
      pass(1_000, 30_000)
      const code = random.pick(['playback.stalled', 'network.timeout', 'licence.retry'])
      emit('com.ott.error.occurred.v1', { code, message: 'recovered by itself' })
    }
    pass(minuteMs, 8 * minuteMs)
    emit('com.ott.playback.stopped.v1', { contentId, watchedSeconds: Math.round((atMs - startedAtMs) / 1_000) })
    pass(10_000, 3 * minuteMs)
  }

  if (viewer.minor) return { drafts, consent, endedAtMs: atMs }
  let consentAfter = consent
  if (consentMayChange && random.chance(0.04)) {
    const purpose = random.pick(['ads', 'analytics', 'personalisation'] as const)
    consentAfter = { ...consent, [purpose]: consent[purpose] !== true }
    emit('com.ott.consent.changed.v1', { purpose, granted: consentAfter[purpose] === true })
    pass(2_000, 20_000)
  }
  if (random.chance(0.02)) {
    emit('com.ott.profile.updated.v1', { fields: random.pick([['language'], ['avatar'], ['subtitles', 'language']]) })
    pass(2_000, 20_000)
  }
  if (random.chance(0.01)) {
    emit('com.ott.payment.changed.v1', { method: random.pick(['card', 'paypal', 'direct-debit']) })
    pass(2_000, 20_000)
  }
  if (viewer.vppaConsentDaysAgo !== undefined && stay.place.country === 'US' && random.chance(0.15)) {
    const givenAtMs = dayStartsAtMs - viewer.vppaConsentDaysAgo * dayMs
    emit('com.ott.viewing-history.shared.v1', {
      recipient: 'Example Audience Measurement Inc.',
      purpose: 'audience-measurement',
      titles: [random.pick(titles)],
      vppaConsent: {
        given: true,
        distinctAndSeparate: true,
        givenAt: new Date(givenAtMs).toISOString(),
        // Two years at most: § 2710(b)(2)(B)(ii)(II).
        expiresAt: new Date(givenAtMs + 730 * dayMs).toISOString(),
        withdrawn: false,
      },
    })
    pass(2_000, 20_000)
  }
  return { drafts, consent: consentAfter, endedAtMs: atMs }
}
