/** Fields of a section by the names of the GPP specification. */
type Fields = Readonly<Record<string, unknown>>

/** What a section says of an opt-out or a consent. */
const optedOut = 1
const notProvided = 2
const noConsent = 1

const knownChildField = 'KnownChildSensitiveDataConsents'
const sensitiveDataNoticeFields = ['SensitiveDataProcessingOptOutNotice', 'SensitiveDataLimitUseNotice', 'SensitiveDataOptOutNotice']

/**
 * One section of a GPP string on the United States: a state's, the national one (`usnat`) or the older `uspv1`. What a section
 * doesn't cover is false, as is everything of a section that isn't there.
 */
export class GppSection {
  static readonly absent = new GppSection(undefined)

  readonly present: boolean
  /** The viewer opted out of the sale of personal data. */
  readonly saleOptOut: boolean
  /** … of its sharing for advertising across contexts (California) or with third parties. */
  readonly sharingOptOut: boolean
  readonly targetedAdvertisingOptOut: boolean
  /** The viewer refused, or opted out of, the processing of at least one category of sensitive data. */
  readonly sensitiveDataOptOut: boolean
  /** The viewer refused processing beyond what was told when the data were collected. */
  readonly additionalProcessingRefused: boolean
  /** The browser sent a Global Privacy Control signal, as the section's subsection has it. */
  readonly gpc: boolean
  /** The viewer is known to be a child in the sense of the state's law. */
  readonly knownChild: boolean
  /** Known to be a child, and no consent that this calls for is refused. */
  readonly knownChildConsent: boolean
  /** Under the Multi-State Privacy Agreement, or its forerunner in `uspv1`. */
  readonly mspaCovered: boolean
  /** The section says that the notice, or the opportunity to opt out, was not provided. */
  readonly processingNoticeMissing: boolean
  readonly saleNoticeMissing: boolean
  readonly sharingNoticeMissing: boolean
  readonly targetedAdvertisingNoticeMissing: boolean
  readonly sensitiveDataNoticeMissing: boolean

  constructor(fields: Fields | undefined) {
    const says = (value: unknown, ...names: string[]) => names.some((name) => [fields?.[name]].flat().includes(value))
    this.present = fields !== undefined
    this.saleOptOut = says(optedOut, 'SaleOptOut') || says('Y', 'OptOutSale')
    this.sharingOptOut = says(optedOut, 'SharingOptOut')
    this.targetedAdvertisingOptOut = says(optedOut, 'TargetedAdvertisingOptOut')
    this.sensitiveDataOptOut = says(noConsent, 'SensitiveDataProcessing')
    this.additionalProcessingRefused = says(noConsent, 'PersonalDataConsents', 'AdditionalDataProcessingConsent')
    this.gpc = says(true, 'Gpc')
    this.knownChild = says(noConsent, knownChildField) || says(2, knownChildField)
    this.knownChildConsent = this.knownChild && !says(noConsent, knownChildField)
    this.mspaCovered = says(1, 'MspaCoveredTransaction') || says('Y', 'LspaCovered')
    this.processingNoticeMissing = says(notProvided, 'ProcessingNotice', 'SharingNotice')
    this.saleNoticeMissing = says(notProvided, 'SaleOptOutNotice') || says('N', 'Notice')
    this.sharingNoticeMissing = says(notProvided, 'SharingOptOutNotice')
    this.targetedAdvertisingNoticeMissing = says(notProvided, 'TargetedAdvertisingOptOutNotice')
    this.sensitiveDataNoticeMissing = says(notProvided, ...sensitiveDataNoticeFields)
  }
}
