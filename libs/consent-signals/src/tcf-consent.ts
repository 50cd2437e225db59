import { restrictionKey, type TcfFacts } from './decode-tc-string.ts'
import type { ReadOutcome } from './read-outcome.ts'

/** Kinds of publisher restrictions in the order of their numbers. */
const restrictionKinds = ['not-allowed', 'require-consent', 'require-legitimate-interest'] as const

/**
 * What a TC string of the IAB's Transparency and Consent Framework 2.x says. Every question has an answer: without a string that
 * can be read it is false, 0, '' or the epoch. Whole numbers are bigint, which is the int of conditions.
 */
export class TcfConsent {
  static readonly absent = new TcfConsent(undefined)

  /** Whether the event brings a string, readable or not. */
  readonly present: boolean
  /** What is wrong with the string, never quoting it; '' when nothing is. */
  readonly problem: string
  readonly #facts: TcfFacts | undefined

  constructor(outcome: ReadOutcome<TcfFacts> | undefined) {
    this.present = outcome !== undefined
    this.problem = outcome !== undefined && 'problem' in outcome ? outcome.problem : ''
    this.#facts = outcome !== undefined && 'facts' in outcome ? outcome.facts : undefined
  }

  get valid(): boolean {
    return this.#facts !== undefined
  }

  /** Whether the viewer consented to a purpose. */
  purpose(id: number): boolean {
    return this.#facts?.purposes.has(id) ?? false
  }

  /** Whether legitimate interest was established for a purpose and the viewer has not objected. */
  purposeLegitimateInterest(id: number): boolean {
    return this.#facts?.purposesLegitimateInterest.has(id) ?? false
  }

  vendor(id: number): boolean {
    return this.#facts?.vendors.has(id) ?? false
  }

  vendorLegitimateInterest(id: number): boolean {
    return this.#facts?.vendorsLegitimateInterest.has(id) ?? false
  }

  specialFeature(id: number): boolean {
    return this.#facts?.specialFeatures.has(id) ?? false
  }

  /** The publisher's restriction of a purpose for a vendor: 'not-allowed', 'require-consent', 'require-legitimate-interest' or ''. */
  restriction(purpose: number, vendor: number): string {
    const kinds = restrictionKinds.filter((_, kind) => this.#facts?.restrictions.get(restrictionKey(purpose, kind))?.has(vendor))
    return kinds[0] ?? ''
  }

  get serviceSpecific(): boolean {
    return this.#facts?.serviceSpecific ?? false
  }

  get policyVersion(): bigint {
    return BigInt(this.#facts?.policyVersion ?? 0)
  }

  get vendorListVersion(): bigint {
    return BigInt(this.#facts?.vendorListVersion ?? 0)
  }

  get cmpId(): bigint {
    return BigInt(this.#facts?.cmpId ?? 0)
  }

  get createdAt(): Date {
    return new Date(this.#facts?.createdAtMs ?? 0)
  }

  get updatedAt(): Date {
    return new Date(this.#facts?.updatedAtMs ?? 0)
  }

  /** ISO 3166-1 alpha-2. */
  get publisherCountry(): string {
    return this.#facts?.publisherCountry ?? ''
  }

  /** ISO 639-1, in capitals. */
  get consentLanguage(): string {
    return this.#facts?.consentLanguage ?? ''
  }
}
