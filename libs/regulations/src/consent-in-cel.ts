import { serialize, type ASTNode, type Environment } from '@marcbachmann/cel-js'
import { ConsentSignals } from '@ott/consent-signals/consent-reader'
import { gppSectionNames } from '@ott/consent-signals/decode-gpp-string'
import { GppConsent } from '@ott/consent-signals/gpp-consent'
import { GppSection } from '@ott/consent-signals/gpp-section'
import { TcfConsent } from '@ott/consent-signals/tcf-consent'
import { VppaConsent } from '@ott/consent-signals/vppa-consent'

const timestamp = 'google.protobuf.Timestamp'

/** A type that conditions may ask, its fields and its methods by what they answer. */
interface ConsentType {
  readonly name: string
  readonly ctor: new (...args: never[]) => unknown
  readonly fields: Readonly<Record<string, string>>
  readonly methods?: Readonly<Record<string, Method>>
}
interface Method {
  /** Parameter types and the type of the answer, such as `(int): bool`. */
  readonly signature: string
  readonly call: (receiver: never, ...args: never[]) => unknown
  /** What is wrong with an argument that is written out. */
  readonly refuses?: (argument: unknown) => string | undefined
}

const usAnswers = {
  saleOptOut: 'bool',
  sharingOptOut: 'bool',
  targetedAdvertisingOptOut: 'bool',
  sensitiveDataOptOut: 'bool',
  additionalProcessingRefused: 'bool',
  gpc: 'bool',
  knownChild: 'bool',
  knownChildConsent: 'bool',
  mspaCovered: 'bool',
  processingNoticeMissing: 'bool',
  saleNoticeMissing: 'bool',
  sharingNoticeMissing: 'bool',
  targetedAdvertisingNoticeMissing: 'bool',
  sensitiveDataNoticeMissing: 'bool',
}

/** A number in a condition is a bigint. */
const numbered = (what: string, max: number) => (argument: unknown) => {
  return typeof argument === 'bigint' && (argument < 1n || argument > BigInt(max)) ? `${what} have numbers from 1 to ${max}` : undefined
}
const purposes = numbered('purposes', 24)
const vendors = numbered('vendors', 65_535)
const sections = (argument: unknown) => {
  return typeof argument === 'string' && !gppSectionNames.has(argument) ? `there is no section ${JSON.stringify(argument)}` : undefined
}

/** Everything a condition may ask of `consent`: libs/consent-signals/README.md says what the answers mean. Types come after those they name. */
export const consentTypes: readonly ConsentType[] = [
  {
    name: 'TcfConsent',
    ctor: TcfConsent,
    fields: {
      present: 'bool',
      valid: 'bool',
      problem: 'string',
      serviceSpecific: 'bool',
      policyVersion: 'int',
      vendorListVersion: 'int',
      cmpId: 'int',
      createdAt: timestamp,
      updatedAt: timestamp,
      publisherCountry: 'string',
      consentLanguage: 'string',
    },
    methods: {
      purpose: { signature: '(int): bool', call: (tcf: TcfConsent, id: bigint) => tcf.purpose(Number(id)), refuses: purposes },
      purposeLegitimateInterest: {
        signature: '(int): bool',
        call: (tcf: TcfConsent, id: bigint) => tcf.purposeLegitimateInterest(Number(id)),
        refuses: purposes,
      },
      vendor: { signature: '(int): bool', call: (tcf: TcfConsent, id: bigint) => tcf.vendor(Number(id)), refuses: vendors },
      vendorLegitimateInterest: {
        signature: '(int): bool',
        call: (tcf: TcfConsent, id: bigint) => tcf.vendorLegitimateInterest(Number(id)),
        refuses: vendors,
      },
      specialFeature: {
        signature: '(int): bool',
        call: (tcf: TcfConsent, id: bigint) => tcf.specialFeature(Number(id)),
        refuses: numbered('special features', 12),
      },
      restriction: {
        signature: '(int, int): string',
        call: (tcf: TcfConsent, purpose: bigint, vendor: bigint) => tcf.restriction(Number(purpose), Number(vendor)),
      },
    },
  },
  { name: 'GppSection', ctor: GppSection, fields: { present: 'bool', ...usAnswers } },
  {
    name: 'GppConsent',
    ctor: GppConsent,
    fields: { present: 'bool', valid: 'bool', problem: 'string', ...usAnswers },
    methods: {
      hasSection: { signature: '(string): bool', call: (gpp: GppConsent, name: string) => gpp.hasSection(name), refuses: sections },
      section: { signature: '(string): GppSection', call: (gpp: GppConsent, name: string) => gpp.section(name), refuses: sections },
    },
  },
  {
    name: 'VppaConsent',
    ctor: VppaConsent,
    fields: {
      present: 'bool',
      given: 'bool',
      distinctAndSeparate: 'bool',
      withdrawn: 'bool',
      dated: 'bool',
      givenAt: timestamp,
      validUntil: timestamp,
    },
    methods: { validAt: { signature: `(${timestamp}): bool`, call: (vppa: VppaConsent, time: Date) => vppa.validAt(time) } },
  },
  {
    name: 'Consent',
    ctor: ConsentSignals,
    fields: { tcf: 'TcfConsent', gpp: 'GppConsent', vppa: 'VppaConsent', gpc: 'bool' },
  },
]

const methodsByName = new Map(consentTypes.flatMap(({ methods = {} }) => Object.entries(methods)))

/** Adds the variable `consent`, which is asked like the event but always answers. */
export function registerConsent(environment: Environment): Environment {
  for (const { name, ctor, fields, methods = {} } of consentTypes) {
    environment.registerType(name, { ctor, fields })
    for (const [method, { signature, call }] of Object.entries(methods)) {
      // A function of its own for each environment: cel-js keeps notes on the functions it calls.
      environment.registerFunction(`${name}.${method}${signature}`, (...args: unknown[]) => call(...(args as [never])))
    }
  }
  return environment.registerVariable('consent', 'Consent')
}

/** A question to `consent` in a condition, such as `consent.tcf.purpose(4)`. */
export interface ConsentQuestion {
  /** As the condition has it, spaces aside. */
  readonly text: string
  readonly position: number
  /** What its methods are called with. */
  readonly args: readonly ASTNode[]
  readonly problems: readonly { readonly problem: string; readonly position: number }[]
}

/** The question that a chain starting at `consent` asks; undefined for anything else. */
export function consentQuestionOf(node: ASTNode): ConsentQuestion | undefined {
  const calls = callsOf(node)
  if (calls === undefined) return undefined
  const problems = calls.flatMap(({ method, args }) => {
    return args.flatMap((argument) => {
      const problem = argument.op === 'value' ? methodsByName.get(method)?.refuses?.(argument.args) : undefined
      return problem === undefined ? [] : [{ problem, position: argument.start }]
    })
  })
  return { text: serialize(node), position: node.start, args: calls.flatMap(({ args }) => args), problems }
}

interface Call {
  readonly method: string
  readonly args: readonly ASTNode[]
}

function callsOf(node: ASTNode): Call[] | undefined {
  switch (node.op) {
    case 'id':
      return node.args === 'consent' ? [] : undefined
    case '.':
      return callsOf(node.args[0])
    case 'rcall': {
      const [method, receiver, args] = node.args
      return methodsByName.has(method) ? callsOf(receiver)?.concat({ method, args }) : undefined
    }
    default:
      return undefined
  }
}

/** Types of answers that evidence can show. */
export const plainAnswers: ReadonlySet<string> = new Set(['bool', 'int', 'string', timestamp])

/** An answer as JSON has it: a whole number as a number, a time in RFC 3339. */
export function plainAnswer(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Date ? value.toISOString() : value
}

/** Consent strings say nothing until they are decoded, and evidence must not hold them. */
export function problemOfEncoded(field: string): string | undefined {
  const instead = encodedFields.get(field)
  return instead === undefined ? undefined : `${field} is encoded: ask ${instead}`
}

const encodedFields = new Map([
  ['data.tcString', 'consent.tcf'],
  ['data.gppString', 'consent.gpp'],
])
