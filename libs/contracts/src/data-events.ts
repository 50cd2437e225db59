import { z } from 'zod'
import { personal } from './privacy.ts'
import { count, countryCode, identifier, viewerEvent, words } from './viewer-circumstances.ts'

const consentPurpose = z.enum(['ads', 'analytics', 'personalisation', 'viewing-history-sharing', 'essential'])

const dataUse = {
  actor: personal('pii', identifier),
  actorRole: z.enum(['viewer', 'employee', 'partner', 'system']),
  purpose: z.string().max(128).optional(),
  records: count.default(1),
  categories: words.optional(),
  /** Why this record was opened, such as a case number. */
  justification: z.string().max(256).optional(),
}

const right = z.enum([
  ...(['access', 'erasure', 'rectification', 'portability', 'restriction', 'objection', 'withdraw-consent'] as const),
  ...(['opt-out-of-sale', 'opt-out-of-targeted-ads', 'opt-out-of-profiling', 'limit-sensitive-use', 'human-review', 'appeal', 'complaint'] as const),
])

const requestId = identifier

/** Consent, what is done with personal data, and what the people concerned ask for. */
export const dataEvents = {
  'com.ott.consent.changed.v1': viewerEvent({
    purpose: consentPurpose,
    granted: z.boolean(),
    /** Asked for apart from other terms. */
    separate: z.boolean().optional(),
    /** Given by an action, not by silence or a box ticked before. */
    affirmative: z.boolean().optional(),
    /** Refusing was as easy as agreeing. */
    refusalOffered: z.boolean().optional(),
    /** The service was made to depend on it. */
    requiredForService: z.boolean().optional(),
    purposeStated: z.boolean().optional(),
  }),
  'com.ott.personal-data.accessed.v1': viewerEvent(dataUse),
  'com.ott.personal-data.exported.v1': viewerEvent({
    ...dataUse,
    destination: z.string().max(256).optional(),
    destinationCountry: countryCode.optional(),
    safeguards: z
      .enum(['none', 'adequacy', 'scc', 'bcr', 'derogation', 'consent', 'contract', 'certification', 'security-assessment', 'idta'])
      .optional(),
    /** The effect of the transfer on the people concerned was assessed before. */
    impactAssessed: z.boolean().optional(),
    /** The people concerned were told of the recipient and the country. */
    recipientDisclosed: z.boolean().optional(),
    encrypted: z.boolean().optional(),
  }),
  'com.ott.personal-data.erased.v1': viewerEvent({
    requestId: requestId.optional(),
    reason: z.enum(['request', 'retention', 'account-closed', 'unlawful']),
    categories: words.optional(),
    /** Backups, caches and recipients included. */
    complete: z.boolean(),
    recipientsInformed: z.boolean().optional(),
  }),
  'com.ott.retention.reviewed.v1': viewerEvent({
    /** What is still held, such as `viewing-history`. */
    category: z.string().min(1).max(64),
    heldDays: z.number().int().min(0).max(100_000),
    /** The period the retention schedule allows. */
    allowedDays: z.number().int().min(0).max(100_000).optional(),
    inactiveDays: z.number().int().min(0).max(100_000).optional(),
    purposeEnded: z.boolean().optional(),
    legalHold: z.boolean().optional(),
  }),
  'com.ott.viewing-history.shared.v1': viewerEvent({
    recipient: z.string().min(1).max(256),
    recipientCountry: countryCode.optional(),
    /** A contract binds the recipient to the purpose and to the law. */
    recipientBound: z.boolean().optional(),
    purpose: z.string().max(128).optional(),
    titles: personal('sensitive', z.array(z.string().max(512)).max(1_000)).optional(),
  }),
  'com.ott.privacy-notice.shown.v1': viewerEvent({
    notice: z.enum(['collection', 'sale-opt-out', 'sensitive-data', 'financial-incentive', 'cookies', 'automated-decision', 'transfer', 'children']),
    language: z.string().max(35).optional(),
    /** What it tells, such as `purposes`, `recipients`, `retention`, `rights`, `contact`. */
    contents: words.optional(),
    /** A plain way to say no stands beside it. */
    optOutOffered: z.boolean().optional(),
  }),
  'com.ott.automated-decision.made.v1': viewerEvent({
    decision: z.string().min(1).max(128),
    /** No human being took part. */
    solelyAutomated: z.boolean(),
    /** Legal or similarly significant for the viewer. */
    significantEffect: z.boolean(),
    informed: z.boolean().optional(),
    humanReviewOffered: z.boolean().optional(),
    categories: words.optional(),
  }),
  'com.ott.data-subject-request.received.v1': viewerEvent({
    requestId,
    right,
    verified: z.boolean().optional(),
    /** Sent by an agent or a browser's signal for the viewer. */
    byAgent: z.boolean().optional(),
    /** Kinds of data it is about, where it is about some only. */
    categories: words.optional(),
  }),
  'com.ott.data-subject-request.acknowledged.v1': viewerEvent({ requestId }),
  'com.ott.data-subject-request.extended.v1': viewerEvent({ requestId, reason: z.string().max(128).optional() }),
  'com.ott.data-subject-request.answered.v1': viewerEvent({
    requestId,
    right: right.optional(),
    outcome: z.enum(['fulfilled', 'partly-fulfilled', 'refused']),
    reasonGiven: z.boolean().optional(),
    /** The way to the authority, a court or an appeal was shown. */
    redressOffered: z.boolean().optional(),
    feeCharged: z.boolean().optional(),
    /** In which form the data were handed out, such as `json` or `paper`. */
    format: z.string().max(64).optional(),
    /** More was asked for than is needed to know who asks. */
    excessVerification: z.boolean().optional(),
  }),
  /** Sent by the platform when a period it watches for a viewer has ended. Rules look at what had to happen until then. */
  'com.ott.deadline.passed.v1': viewerEvent({}),
} as const
