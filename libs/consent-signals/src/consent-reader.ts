import { decodeGppString } from './decode-gpp-string.ts'
import { decodeTcString } from './decode-tc-string.ts'
import { GppConsent } from './gpp-consent.ts'
import { TcfConsent } from './tcf-consent.ts'
import { VppaConsent } from './vppa-consent.ts'

/** Reads the consent signals of events. It keeps the strings it decoded last: one viewer's events repeat them. */
export interface ConsentReader {
  /** Decodes nothing yet. @param data the `data` of an event */
  read(data: Readonly<Record<string, unknown>>): ConsentSignals
}

export interface ConsentReaderOptions {
  /** Decoded strings that are kept, of TC strings and of GPP strings each. One holds a few kB, a hostile one up to about 60 kB. */
  readonly cacheEntriesMax: number
}

export function createConsentReader({ cacheEntriesMax }: ConsentReaderOptions): ConsentReader {
  const tcf = latest(cacheEntriesMax, (text) => new TcfConsent(decodeTcString(text)))
  const gpp = latest(cacheEntriesMax, (text) => new GppConsent(decodeGppString(text)))
  return { read: (data) => new ConsentSignals(data, tcf, gpp) }
}

/** The consent signals of one event, decoded when first asked for. */
export class ConsentSignals {
  readonly #data: Readonly<Record<string, unknown>>
  readonly #decodeTcf: (text: string) => TcfConsent
  readonly #decodeGpp: (text: string) => GppConsent
  #tcf: TcfConsent | undefined
  #gpp: GppConsent | undefined
  #vppa: VppaConsent | undefined

  constructor(data: Readonly<Record<string, unknown>>, tcf: (text: string) => TcfConsent, gpp: (text: string) => GppConsent) {
    this.#data = data
    this.#decodeTcf = tcf
    this.#decodeGpp = gpp
  }

  /** The event's TC string, or else the one inside its GPP string. */
  get tcf(): TcfConsent {
    return (this.#tcf ??= this.#read(this.#data['tcString'] ?? this.gpp.tcString, TcfConsent, this.#decodeTcf))
  }

  get gpp(): GppConsent {
    return (this.#gpp ??= this.#read(this.#data['gppString'], GppConsent, this.#decodeGpp))
  }

  get vppa(): VppaConsent {
    return (this.#vppa ??= new VppaConsent(this.#data['vppaConsent']))
  }

  /** Whether the browser sent a Global Privacy Control signal: the event says so itself, or its GPP string does. */
  get gpc(): boolean {
    return this.#data['gpc'] === true || this.gpp.gpc
  }

  #read<Consent>(
    text: unknown,
    kind: { readonly absent: Consent; new (outcome: { problem: string }): Consent },
    decode: (text: string) => Consent,
  ): Consent {
    if (text === undefined || text === null) return kind.absent
    return typeof text === 'string' ? decode(text) : new kind({ problem: 'is no string' })
  }
}

/** The values of the strings asked for last; the one that was asked for longest ago makes room. */
function latest<Value>(entriesMax: number, make: (text: string) => Value): (text: string) => Value {
  const entries = new Map<string, Value>()
  return (text) => {
    const known = entries.get(text)
    const value = known ?? make(text)
    if (known !== undefined) entries.delete(text)
    entries.set(text, value)
    if (entries.size > entriesMax) for (const oldest of entries.keys()) {
      entries.delete(oldest)
      break
    }
    return value
  }
}
