import { z } from 'zod'
import { personal } from './privacy.ts'
import { count, identifier, viewerEvent, words } from './viewer-circumstances.ts'

const username = personal('pii', z.string().max(256)).optional()
const method = z.string().max(64)

/** The account, its devices, payments, messages, and what goes wrong. */
export const accountEvents = {
  'com.ott.account.created.v1': viewerEvent({
    method: method.optional(),
    /** The privacy notice was shown before the data were taken. */
    noticeShown: z.boolean().optional(),
    parentalConsent: z.boolean().optional(),
    /** How a parent was verified, such as `payment-card` or `none`. */
    parentalVerification: z.string().max(64).optional(),
    categories: words.optional(),
    /** More data than the service needs were made a condition. */
    excessDataRequired: z.boolean().optional(),
  }),
  'com.ott.account.closed.v1': viewerEvent({ reason: z.string().max(128).optional() }),
  'com.ott.signin.succeeded.v1': viewerEvent({
    username,
    method: method.optional(),
    actorRole: z.enum(['viewer', 'employee', 'partner', 'system']).optional(),
    /** A second factor was asked for. */
    mfa: z.boolean().optional(),
  }),
  'com.ott.signin.failed.v1': viewerEvent({
    username,
    method: method.optional(),
    reason: z.string().max(128).optional(),
    /** Failures this one event stands for. */
    attempts: count.default(1),
    actorRole: z.enum(['viewer', 'employee', 'partner', 'system']).optional(),
  }),
  'com.ott.profile.updated.v1': viewerEvent({ fields: z.array(z.string().max(64)).min(1).max(100) }),
  'com.ott.payment.changed.v1': viewerEvent({
    method,
    /** Names of what is kept of the card, such as `pan`, `cvv`, `track`, `pin`, `token`. */
    storedFields: words.optional(),
    panMasked: z.boolean().optional(),
    encrypted: z.boolean().optional(),
  }),
  'com.ott.device-storage.accessed.v1': viewerEvent({
    name: z.string().max(128).optional(),
    access: z.enum(['read', 'write']),
    purpose: z.string().max(128).optional(),
    /** Needed for the service the viewer asked for, or for the transmission alone. */
    strictlyNecessary: z.boolean(),
  }),
  'com.ott.marketing-message.sent.v1': viewerEvent({
    channel: z.enum(['email', 'sms', 'push', 'call', 'in-app']),
    optedIn: z.boolean().optional(),
    /** The address came from a sale to this viewer, and the message is about similar products. */
    existingCustomer: z.boolean().optional(),
    unsubscribeOffered: z.boolean().optional(),
    senderIdentified: z.boolean().optional(),
    /** The number was looked up in the do-not-call register, where the place has one. */
    doNotCallChecked: z.boolean().optional(),
  }),
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
  'com.ott.incident.detected.v1': viewerEvent({
    incidentId: identifier,
    /** Personal data are concerned. */
    personalData: z.boolean(),
    /** Disrupts the service or harms others considerably. */
    significant: z.boolean().optional(),
    affectedSubjects: z.number().int().min(0).max(10_000_000_000).optional(),
    categories: words.optional(),
    encrypted: z.boolean().optional(),
    /** For the people concerned. */
    risk: z.enum(['unlikely', 'some', 'high']).optional(),
    cause: z.string().max(128).optional(),
  }),
  'com.ott.incident.notified.v1': viewerEvent({
    incidentId: identifier,
    recipient: z.enum(['authority', 'csirt', 'data-subjects', 'attorney-general', 'consumer-agencies', 'media', 'controller', 'card-brands']),
    stage: z.enum(['early-warning', 'notification', 'intermediate', 'final']).optional(),
    delayExplained: z.boolean().optional(),
    /** What it tells, such as `nature`, `contact`, `consequences`, `measures`. */
    contents: words.optional(),
  }),
} as const
