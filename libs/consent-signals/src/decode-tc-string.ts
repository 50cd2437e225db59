import { TCString, type TCModel } from '@iabtechlabtcf/core'
import { BitReader } from './bit-reader.ts'
import { IdRanges, IdSet } from './id-set.ts'
import type { ReadOutcome } from './read-outcome.ts'

/** What a TC string says. Compact, since what was read is kept. */
export interface TcfFacts {
  readonly cmpId: number
  readonly policyVersion: number
  readonly vendorListVersion: number
  readonly serviceSpecific: boolean
  readonly consentLanguage: string
  readonly publisherCountry: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly purposes: IdSet
  readonly purposesLegitimateInterest: IdSet
  readonly vendors: IdSet
  readonly vendorsLegitimateInterest: IdSet
  readonly specialFeatures: IdSet
  /** Vendors by purpose and kind of restriction, see `restrictionKey`. */
  readonly restrictions: ReadonlyMap<number, IdRanges>
}

/** The text of a TC string with all its segments is a fraction of this; it is the bound of the event contract, too. */
export const consentStringLengthMax = 16_384

/**
 * Ids that the ranges of one string may spell out. A range of 33 bits can name 65,536 vendors, so that a short string could
 * keep the decoder busy for seconds. Real vendor ids end below 2,000; a string that restricts each of eleven purposes for all of
 * them stays below this, which takes the decoder about 5 ms.
 */
const rangedIdsMax = 32_768

/** Decodes a TC string of version 2 (TCF 2.x). Never throws. */
export function decodeTcString(text: string): ReadOutcome<TcfFacts> {
  if (text === '') return { problem: 'is empty' }
  if (text.length > consentStringLengthMax) return { problem: `is longer than ${consentStringLengthMax} characters` }
  const problem = problemOfSegments(text.split('.'))
  if (problem !== undefined) return { problem }
  try {
    return factsOf(TCString.decode(text))
  } catch {
    return { problem: 'cannot be decoded: it is cut short, garbled or holds an impossible value' }
  }
}

/** What the decoder itself would not notice: other versions, repeated segments, and ranges that take too long. */
function problemOfSegments(segments: readonly string[]): string | undefined {
  const seen = new Set<number>()
  let rangedIds = 0
  for (const [index, segment] of segments.entries()) {
    const kind = new BitReader(segment).read(3)
    if (index === 0) {
      const version = new BitReader(segment).read(6)
      if (version === 1) return 'is of version 1, which ended in 2020'
      if (version !== 2) return 'is no TC string: its version is not 2'
    } else if (kind === 0 || kind > 3 || seen.has(kind)) {
      return 'has a segment that is unknown or there twice'
    }
    seen.add(kind)
    rangedIds += rangedIdsOf(segment, kind)
    if (rangedIds > rangedIdsMax) return 'names more vendors than there can be'
  }
  return undefined
}

const coreBitsBeforeVendors = 213

function rangedIdsOf(segment: string, kind: number): number {
  if (kind === 3) return 0
  if (kind !== 0) return vendorVectorCost(new BitReader(segment, 3))
  const bits = new BitReader(segment, coreBitsBeforeVendors)
  return vendorVectorCost(bits) + vendorVectorCost(bits) + restrictionsCost(bits)
}

function vendorVectorCost(bits: BitReader): number {
  const vendorIdMax = bits.read(16)
  if (bits.read(1) === 1) return rangesCost(bits)
  bits.skip(vendorIdMax)
  return 0
}

function restrictionsCost(bits: BitReader): number {
  const restrictions = bits.read(12)
  let cost = 0
  for (let index = 0; index < restrictions && !bits.ended && cost <= rangedIdsMax; index++) {
    bits.skip(8)
    cost += rangesCost(bits)
  }
  return cost
}

function rangesCost(bits: BitReader): number {
  const entries = bits.read(12)
  let cost = 0
  for (let index = 0; index < entries && !bits.ended && cost <= rangedIdsMax; index++) {
    const isRange = bits.read(1) === 1
    const first = bits.read(16)
    cost += isRange ? Math.max(0, bits.read(16) - first) + 1 : 1
  }
  return cost
}

function factsOf(model: TCModel): ReadOutcome<TcfFacts> {
  const { consentLanguage, publisherCountryCode } = model
  if (!twoLetters.test(consentLanguage) || !twoLetters.test(publisherCountryCode)) return { problem: 'holds no language or country code' }
  const restrictions = new Map<number, IdRanges>()
  for (const restriction of model.publisherRestrictions.getRestrictions()) {
    const vendors = model.publisherRestrictions.getVendors(restriction)
    restrictions.set(restrictionKey(restriction.purposeId, restriction.restrictionType), new IdRanges(vendors))
  }
  return {
    facts: {
      cmpId: Number(model.cmpId),
      policyVersion: Number(model.policyVersion),
      vendorListVersion: Number(model.vendorListVersion),
      serviceSpecific: model.isServiceSpecific,
      consentLanguage,
      publisherCountry: publisherCountryCode,
      createdAtMs: model.created.getTime(),
      updatedAtMs: model.lastUpdated.getTime(),
      purposes: setOf(model.purposeConsents.values()),
      purposesLegitimateInterest: setOf(model.purposeLegitimateInterests.values()),
      vendors: setOf(model.vendorConsents.values()),
      vendorsLegitimateInterest: setOf(model.vendorLegitimateInterests.values()),
      specialFeatures: setOf(model.specialFeatureOptins.values()),
      restrictions,
    },
  }
}

const twoLetters = /^[A-Z]{2}$/

export function restrictionKey(purpose: number, kind: number): number {
  return purpose * 4 + kind
}

function setOf(ids: Iterable<number>): IdSet {
  return new IdSet([...ids])
}
