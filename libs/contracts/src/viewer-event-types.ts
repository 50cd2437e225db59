import { z } from 'zod'
import { personal } from './privacy.ts'

/**
 * The kinds of events a streaming company reports about a viewer. The catalogue is closed: a `type` that is not
 * here is refused by name, since it is more often a typing error than a new kind. `docs/add-an-event-type.md` says how to add one.
 */

const ip = personal('linkable', z.union([z.ipv4(), z.ipv6()], { error: 'must be an IPv4 or IPv6 address' }))
const identifier = z.string().min(1).max(256)
/** Taken whatever it holds: that it can't be decoded is a finding, not a reason to refuse the event. */
const consentString = z.string().max(16_384)
const count = z.number().int().min(1).max(1_000_000_000)

/** What every viewer event may say about its circumstances. */
const circumstances = {
  country: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code such as "DE"').optional(),
  region: z.string().regex(/^[A-Z0-9]{1,3}$/, 'must be the subdivision part of an ISO 3166-2 code such as "CA"').optional(),
  ip: ip.optional(),
  location: personal(
    'sensitive',
    z.looseObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) }),
  ).optional(),
  deviceId: personal('linkable', identifier).optional(),
  sessionId: personal('linkable', identifier).optional(),
  userAgent: personal('linkable', z.string().max(2_048)).optional(),
  /** True when the viewer is known to be under the age the local law sets for consent. */
  minor: personal('sensitive', z.boolean()).optional(),
  /** Consent in force when the event happened, by purpose. */
  consent: z.record(z.string().max(64), z.boolean()).optional(),
  /** TC string of the IAB's Transparency and Consent Framework 2.x, as the consent platform gave it. */
  tcString: personal('linkable', consentString).optional(),
  /** String of the IAB's Global Privacy Platform. */
  gppString: personal('linkable', consentString).optional(),
  /** Whether the browser sent a Global Privacy Control signal. */
  gpc: z.boolean().optional(),
  /** The consent record of 18 U.S.C. § 2710(b)(2)(B), when there is one. */
  vppaConsent: z
    .looseObject({
      given: z.boolean(),
      distinctAndSeparate: z.boolean().optional(),
      givenAt: z.iso.datetime({ offset: true }).optional(),
      expiresAt: z.iso.datetime({ offset: true }).optional(),
      withdrawn: z.boolean().optional(),
    })
    .optional(),
}

function viewerEvent<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.looseObject({ ...circumstances, ...shape })
}

const purpose = z.enum(['ads', 'analytics', 'personalisation', 'viewing-history-sharing', 'essential'])

const dataUse = {
  actor: personal('pii', identifier),
  actorRole: z.enum(['viewer', 'employee', 'partner', 'system']),
  purpose: z.string().max(128).optional(),
  records: count.default(1),
  categories: z.array(z.string().max(64)).max(64).optional(),
}

export const viewerEventTypes = {
  'com.ott.playback.started.v1': viewerEvent({
    contentId: personal('sensitive', identifier),
    title: personal('sensitive', z.string().max(512)).optional(),
    rating: z.string().max(16).optional(),
  }),
  'com.ott.playback.stopped.v1': viewerEvent({
    contentId: personal('sensitive', identifier),
    watchedSeconds: z.number().min(0).max(1_000_000).optional(),
  }),
  'com.ott.signin.succeeded.v1': viewerEvent({
    username: personal('pii', z.string().max(256)).optional(),
    method: z.string().max(64).optional(),
  }),
  'com.ott.signin.failed.v1': viewerEvent({
    username: personal('pii', z.string().max(256)).optional(),
    method: z.string().max(64).optional(),
    reason: z.string().max(128).optional(),
    /** Failures this one event stands for. */
    attempts: count.default(1),
  }),
  'com.ott.consent.changed.v1': viewerEvent({ purpose, granted: z.boolean() }),
  'com.ott.personal-data.accessed.v1': viewerEvent(dataUse),
  'com.ott.personal-data.exported.v1': viewerEvent({
    ...dataUse,
    destination: z.string().max(256).optional(),
    destinationCountry: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code such as "DE"').optional(),
    safeguards: z.enum(['none', 'adequacy', 'scc', 'bcr', 'derogation']).optional(),
  }),
  'com.ott.viewing-history.shared.v1': viewerEvent({
    recipient: z.string().min(1).max(256),
    purpose: z.string().max(128).optional(),
    titles: personal('sensitive', z.array(z.string().max(512)).max(1_000)).optional(),
  }),
  'com.ott.ad.impression.v1': viewerEvent({
    campaignId: identifier,
    personalised: z.boolean(),
    contentId: personal('sensitive', identifier).optional(),
  }),
  'com.ott.profile.updated.v1': viewerEvent({ fields: z.array(z.string().max(64)).min(1).max(100) }),
  'com.ott.payment.changed.v1': viewerEvent({ method: z.string().max(64) }),
  'com.ott.error.occurred.v1': viewerEvent({
    code: z.string().min(1).max(128),
    message: personal('linkable', z.string().max(2_048)).optional(),
  }),
  'com.ott.api.requested.v1': viewerEvent({
    method: z.string().max(16),
    path: personal('linkable', z.string().max(4_096)),
    status: z.number().int().min(100).max(599),
    bytes: z.number().int().min(0).optional(),
    referrer: personal('linkable', z.string().max(4_096)).optional(),
  }),
} as const satisfies Record<string, z.ZodType>

export type ViewerEventType = keyof typeof viewerEventTypes

export function isViewerEventType(type: string): type is ViewerEventType {
  return Object.hasOwn(viewerEventTypes, type)
}
