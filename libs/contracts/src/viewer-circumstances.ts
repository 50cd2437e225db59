import { z } from 'zod'
import { personal } from './privacy.ts'

export const identifier = z.string().min(1).max(256)
export const count = z.number().int().min(1).max(1_000_000_000)
export const countryCode = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code such as "DE"')
/** Kinds of data, purposes, segments: short words of the producer's own. */
export const words = z.array(z.string().max(64)).max(64)

/** Taken whatever it holds: that it can't be decoded is a finding, not a reason to refuse the event. */
const consentString = z.string().max(16_384)

const ip = personal('linkable', z.union([z.ipv4(), z.ipv6()], { error: 'must be an IPv4 or IPv6 address' }))

/** What every viewer event may say about its circumstances. */
const circumstances = {
  country: countryCode.optional(),
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
  /** Years, where it is known: laws draw the line at different ages. */
  age: personal('sensitive', z.number().int().min(0).max(150)).optional(),
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

/** The fields of one kind of viewer event: its own and the circumstances any may carry. Unknown fields pass through. */
export function viewerEvent<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.looseObject({ ...circumstances, ...shape })
}
