/** What one event says about its viewer, as far as the risk factors care. */
export interface Observation {
  readonly consentChanges: number
  /** Rules this event breaks. */
  readonly findings: number
  /** Records of personal data accessed or exported. */
  readonly records: number
  /** Attempts that failed; one event may stand for many. */
  readonly signInFailures: number
  /** A correct sign-in. */
  readonly signedIn: boolean
  /** 1 when the event is something the viewer asked the system for. */
  readonly requests: number
  /** 1 when that went wrong in a way that matters. */
  readonly errors: number
  /** Degrees, WGS 84. */
  readonly location: { readonly latitude: number; readonly longitude: number } | undefined
}

/** What a viewer asks for. Sign-in failures have a factor of their own; impressions and data use are others' doing. */
const asksFor: ReadonlySet<string> = new Set([
  'com.ott.playback.started.v1',
  'com.ott.signin.succeeded.v1',
  'com.ott.consent.changed.v1',
  'com.ott.profile.updated.v1',
  'com.ott.payment.changed.v1',
  'com.ott.api.requested.v1',
  'com.ott.error.occurred.v1',
])

/**
 * Reads an event of the catalogue of viewer events. Fields that are absent, unreadable or out of range count as
 * not given; a type that isn't in the catalogue says nothing but its findings.
 * @param findingsCount rules the event was found to break
 */
export function observationOf(event: { readonly type: string; readonly data: object }, findingsCount: number): Observation {
  const { type } = event
  const data = event.data as Readonly<Record<string, unknown>>
  const usesData = type === 'com.ott.personal-data.accessed.v1' || type === 'com.ott.personal-data.exported.v1'
  return {
    consentChanges: type === 'com.ott.consent.changed.v1' ? 1 : 0,
    findings: findingsCount > 0 ? findingsCount : 0,
    records: usesData ? countOf(data['records']) : 0,
    signInFailures: type === 'com.ott.signin.failed.v1' ? countOf(data['attempts']) : 0,
    signedIn: type === 'com.ott.signin.succeeded.v1',
    requests: asksFor.has(type) ? 1 : 0,
    errors: type === 'com.ott.error.occurred.v1' || (type === 'com.ott.api.requested.v1' && isTellingStatus(data['status'])) ? 1 : 0,
    location: locationOf(data['location']),
  }
}

/**
 * Refused credentials and refused access show someone trying doors, 5xx a client that upsets the system. A 404 is what
 * crawlers and old bookmarks get, a 400 a fault of the app, a 429 the limiter already at work.
 */
function isTellingStatus(status: unknown): boolean {
  return typeof status === 'number' && (status >= 500 || status === 401 || status === 403)
}

/** An event without a readable count stands for one. */
function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 1 ? Math.floor(value) : 1
}

function locationOf(value: unknown): Observation['location'] {
  if (typeof value !== 'object' || value === null) return undefined
  const { latitude, longitude } = value as { latitude?: unknown; longitude?: unknown }
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return undefined
  // Locators that found nothing say 0°, 0°; nobody watches films there.
  if (latitude === 0 && longitude === 0) return undefined
  return { latitude, longitude }
}
