import type { GppFacts } from './decode-gpp-string.ts'
import { GppSection } from './gpp-section.ts'
import type { ReadOutcome } from './read-outcome.ts'

/**
 * What a string of the IAB's Global Privacy Platform says. Its own answers are true when any of its sections on the United States
 * says so. Every question has an answer: without a string that can be read it is false or ''.
 */
export class GppConsent {
  static readonly absent = new GppConsent(undefined)

  /** Whether the event brings a string, readable or not. */
  readonly present: boolean
  /** What is wrong with the string, never quoting it; '' when nothing is. */
  readonly problem: string
  readonly #facts: GppFacts | undefined

  constructor(outcome: ReadOutcome<GppFacts> | undefined) {
    this.present = outcome !== undefined
    this.problem = outcome !== undefined && 'problem' in outcome ? outcome.problem : ''
    this.#facts = outcome !== undefined && 'facts' in outcome ? outcome.facts : undefined
  }

  get valid(): boolean {
    return this.#facts !== undefined
  }

  /** @param name such as `usca` or `tcfeuv2` */
  hasSection(name: string): boolean {
    return this.#facts?.names.has(name) ?? false
  }

  /** A section on the United States; one that isn't there answers false to everything. */
  section(name: string): GppSection {
    return this.#facts?.sections.get(name) ?? GppSection.absent
  }

  /** The TC string of section `tcfeuv2`, still to be decoded. */
  get tcString(): string | undefined {
    return this.#facts?.tcString
  }

  get saleOptOut(): boolean {
    return this.#any((section) => section.saleOptOut)
  }

  get sharingOptOut(): boolean {
    return this.#any((section) => section.sharingOptOut)
  }

  get targetedAdvertisingOptOut(): boolean {
    return this.#any((section) => section.targetedAdvertisingOptOut)
  }

  get sensitiveDataOptOut(): boolean {
    return this.#any((section) => section.sensitiveDataOptOut)
  }

  get additionalProcessingRefused(): boolean {
    return this.#any((section) => section.additionalProcessingRefused)
  }

  get gpc(): boolean {
    return this.#any((section) => section.gpc)
  }

  get knownChild(): boolean {
    return this.#any((section) => section.knownChild)
  }

  /** Known to be a child, and no section refuses a consent that this calls for. */
  get knownChildConsent(): boolean {
    return this.knownChild && !this.#any((section) => section.knownChild && !section.knownChildConsent)
  }

  get mspaCovered(): boolean {
    return this.#any((section) => section.mspaCovered)
  }

  get processingNoticeMissing(): boolean {
    return this.#any((section) => section.processingNoticeMissing)
  }

  get saleNoticeMissing(): boolean {
    return this.#any((section) => section.saleNoticeMissing)
  }

  get sharingNoticeMissing(): boolean {
    return this.#any((section) => section.sharingNoticeMissing)
  }

  get targetedAdvertisingNoticeMissing(): boolean {
    return this.#any((section) => section.targetedAdvertisingNoticeMissing)
  }

  get sensitiveDataNoticeMissing(): boolean {
    return this.#any((section) => section.sensitiveDataNoticeMissing)
  }

  #any(says: (section: GppSection) => boolean): boolean {
    for (const section of this.#facts?.sections.values() ?? []) if (says(section)) return true
    return false
  }
}
