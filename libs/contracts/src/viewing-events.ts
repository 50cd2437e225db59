import { z } from 'zod'
import { personal } from './privacy.ts'
import { identifier, viewerEvent, words } from './viewer-circumstances.ts'

const contentId = personal('sensitive', identifier)

/** What is said of the title that is watched, or beside which an ad runs. */
const content = {
  rating: z.string().max(16).optional(),
  /** Made for children, whoever watches. */
  childDirected: z.boolean().optional(),
  /** Topics of the title that tell something of its viewer, such as `health` or `religion`. */
  topics: personal('sensitive', words).optional(),
}

/** Watching, what is shown around it, and what the service chooses for a viewer. */
export const viewingEvents = {
  'com.ott.playback.started.v1': viewerEvent({
    contentId,
    title: personal('sensitive', z.string().max(512)).optional(),
    ...content,
    /** May impair the development of minors. */
    harmfulToMinors: z.boolean().optional(),
    /** How the viewer's age was checked before this title: `none`, `self-declared`, `pin`, `verified`. */
    ageCheck: z.enum(['none', 'self-declared', 'pin', 'verified']).optional(),
    /** A descriptor of what may harm was shown first. */
    contentWarningShown: z.boolean().optional(),
    captionsAvailable: z.boolean().optional(),
    audioDescriptionAvailable: z.boolean().optional(),
  }),
  'com.ott.playback.stopped.v1': viewerEvent({
    contentId,
    watchedSeconds: z.number().min(0).max(1_000_000).optional(),
  }),
  'com.ott.ad.impression.v1': viewerEvent({
    campaignId: identifier,
    personalised: z.boolean(),
    contentId: contentId.optional(),
    childDirected: content.childDirected,
    /** What is advertised, such as `alcohol`, `gambling`, `tobacco`, `prescription-medicine`, `political`. */
    advertisedCategory: z.string().max(64).optional(),
    /** Recognisable as advertising. */
    labelled: z.boolean().optional(),
    advertiserNamed: z.boolean().optional(),
    /** The main parameters that chose this viewer can be seen from the ad. */
    parametersShown: z.boolean().optional(),
    /** Segments of the viewer by which the ad was chosen. */
    segments: personal('sensitive', words).optional(),
    /** Kinds of personal data by which the ad was chosen, such as `health`. */
    categories: words.optional(),
    /** Personal data went to a third party for money or other value. */
    soldToThirdParty: z.boolean().optional(),
    /** Chosen by behaviour on other companies' services. */
    crossContext: z.boolean().optional(),
  }),
  'com.ott.ad-profile.built.v1': viewerEvent({
    purpose: z.string().max(128).optional(),
    segments: personal('sensitive', words).optional(),
    /** Kinds of personal data it was built from, such as `viewing-history` or `health`. */
    categories: words.optional(),
    crossContext: z.boolean().optional(),
  }),
  'com.ott.recommendation.served.v1': viewerEvent({
    profiled: z.boolean(),
    /** The viewer can find out why this was recommended. */
    parametersShown: z.boolean().optional(),
    /** A choice that isn't based on profiling was on offer. */
    nonProfilingOption: z.boolean().optional(),
  }),
  'com.ott.catalogue.reported.v1': viewerEvent({
    /** Of the titles on offer, 0 to 1. */
    europeanWorksShare: z.number().min(0).max(1).optional(),
    captionedShare: z.number().min(0).max(1).optional(),
    europeanWorksProminent: z.boolean().optional(),
    accessibilityPlan: z.boolean().optional(),
  }),
  'com.ott.content.reported.v1': viewerEvent({
    noticeId: identifier,
    reason: z.string().max(128).optional(),
    trustedFlagger: z.boolean().optional(),
  }),
  'com.ott.content.moderated.v1': viewerEvent({
    decisionId: identifier,
    /** The notice it answers. */
    noticeId: identifier.optional(),
    action: z.enum(['none', 'removed', 'disabled', 'demoted', 'demonetised', 'age-restricted', 'account-suspended']),
    statementOfReasons: z.boolean().optional(),
    redressOffered: z.boolean().optional(),
    automated: z.boolean().optional(),
  }),
} as const
