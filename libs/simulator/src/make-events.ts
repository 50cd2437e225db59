import type { ViewerEvent } from '@ott/contracts/viewer-event'
import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import { createRandom, type Random } from './random.ts'
import { createViewer, type Viewer } from './viewers.ts'

export interface LoadSettings {
  readonly seed: string | number
  readonly count: number
  /** How many viewers the events are about. */
  readonly subjects: number
  /** Size of an event as JSON, within 6 % from 700 upwards; 1,000 when left out. */
  readonly bytesPerEvent?: number
  /** RFC 3339; event time of the first. */
  readonly startsAt: string
  /** Event time between one event and the next, ms; 10 when left out. */
  readonly intervalMs?: number
  /** The CloudEvents source. Ids repeat for the same seed: another run wants another source, or its events are duplicates. */
  readonly source: string
}

/** Out of 20 events. */
const mix: readonly ViewerEventType[] = [
  ...Array<ViewerEventType>(6).fill('com.ott.playback.started.v1'),
  ...Array<ViewerEventType>(5).fill('com.ott.playback.stopped.v1'),
  ...Array<ViewerEventType>(5).fill('com.ott.api.requested.v1'),
  ...Array<ViewerEventType>(4).fill('com.ott.ad.impression.v1'),
]

/**
 * Ordinary events for load runs, made one at a time: playback, requests and ads that break no rule. What is missing
 * to the size asked for is filled with the player's quality samples, which is what makes real events large.
 * @throws RangeError when a number is out of range or `startsAt` is no time
 */
export function makeEvents(settings: LoadSettings): Iterable<ViewerEvent> {
  const { seed, count, subjects, bytesPerEvent = 1_000, startsAt, intervalMs = 10, source } = settings
  const startsAtMs = Date.parse(startsAt)
  if (Number.isNaN(startsAtMs)) throw new RangeError(`startsAt is no time: ${startsAt}`)
  if (!Number.isInteger(subjects) || subjects < 1) throw new RangeError('a load needs one subject at least')
  return {
    *[Symbol.iterator]() {
      const random = createRandom(JSON.stringify(['load', seed]))
      const viewers = Array.from({ length: subjects }, (_, i) => createViewer(i + 1, random.fork(`viewer ${i + 1}`)))
      for (let i = 0; i < count; i++) {
        const viewer = random.pick(viewers)
        const type = random.pick(mix)
        const data = { ...circumstancesOf(viewer), ...detailsOf(type, viewer, random) }
        const event = {
          specversion: '1.0',
          id: `load-${seed}-${String(i).padStart(9, '0')}`,
          source,
          type,
          subject: viewer.subject,
          time: new Date(startsAtMs + i * intervalMs).toISOString(),
          datacontenttype: 'application/json',
          data,
        } as const
        yield fill(event, bytesPerEvent, random)
      }
    },
  }
}

function circumstancesOf(viewer: Viewer) {
  return {
    country: viewer.home.country,
    region: viewer.home.region,
    ip: viewer.ip,
    location: { latitude: viewer.latitude, longitude: viewer.longitude },
    deviceId: viewer.deviceId,
    sessionId: `${viewer.subject}-${viewer.deviceId}`,
    userAgent: viewer.userAgent,
    ...(viewer.minor ? { minor: true } : {}),
    consent: viewer.consent,
  }
}

function detailsOf(type: ViewerEventType, viewer: Viewer, random: Random): Record<string, unknown> {
  const contentId = `content-${random.integer(1, 400)}`
  switch (type) {
    case 'com.ott.playback.started.v1':
      return { contentId, rating: viewer.minor ? '6' : '12' }
    case 'com.ott.playback.stopped.v1':
      return { contentId, watchedSeconds: random.integer(60, 7_200) }
    case 'com.ott.ad.impression.v1':
      return {
        contentId,
        campaignId: `campaign-${random.integer(1, 40)}`,
        personalised: viewer.consent.ads && !viewer.gpc,
        gpc: viewer.gpc,
      }
    default:
      return {
        method: 'GET',
        path: `/v1/titles/${contentId}/manifest`,
        status: random.pick([200, 200, 200, 206, 304]),
        bytes: random.integer(900, 60_000),
      }
  }
}

/** Adds as many quality samples, about 80 bytes each, as come nearest to the size. */
function fill(event: ViewerEvent, bytes: number, random: Random): ViewerEvent {
  const quality: object[] = []
  // Every field is ASCII, so a character is a byte.
  let left = bytes - JSON.stringify(event).length - ',"quality":[]'.length
  for (let offsetSeconds = 0; ; offsetSeconds += 10) {
    const sample = {
      offsetSeconds,
      bitrateKbps: random.integer(1_800, 15_900),
      bufferMs: random.integer(4_000, 29_999),
      droppedFrames: random.integer(0, 9),
    }
    const size = JSON.stringify(sample).length + (quality.length === 0 ? 0 : 1)
    if (size / 2 > left) break
    quality.push(sample)
    left -= size
  }
  return quality.length === 0 ? event : { ...event, data: { ...event.data, quality } }
}
