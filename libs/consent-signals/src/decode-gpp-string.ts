import { GppModel, Sections, TcfEuV2, UsNat } from '@iabgpp/cmpapi'
import { BitReader } from './bit-reader.ts'
import { consentStringLengthMax } from './decode-tc-string.ts'
import { GppSection } from './gpp-section.ts'
import type { ReadOutcome } from './read-outcome.ts'

/** What a GPP string says: its sections by name, and its TC string of the European framework as it stands there. */
export interface GppFacts {
  /** Names of all sections that the decoder knows. */
  readonly names: ReadonlySet<string>
  /** The sections on the United States. */
  readonly sections: ReadonlyMap<string, GppSection>
  readonly tcString: string | undefined
}

/** The longest section on the United States has fewer than thirty characters. */
const usSectionLengthMax = 256

/** The names by which conditions may ask for a section: `usnat`, `usca`, … and `tcfeuv2`, `tcfcav1`, `uspv1`. */
export const gppSectionNames: ReadonlySet<string> = new Set(Sections.SECTION_ORDER)

/** Decodes a string of the IAB's Global Privacy Platform. One section that can't be read makes the string invalid. Never throws. */
export function decodeGppString(text: string): ReadOutcome<GppFacts> {
  if (text === '') return { problem: 'is empty' }
  if (text.length > consentStringLengthMax) return { problem: `is longer than ${consentStringLengthMax} characters` }
  const parts = text.split('~')
  const ids = sectionIdsOf(parts[0] ?? '')
  if (ids === undefined) return { problem: 'is no GPP string: its header cannot be read' }
  if (ids.length !== parts.length - 1) return { problem: 'has more or fewer sections than its header says' }
  const texts = new Map(ids.flatMap((id, index) => nameAndText(id, parts[index + 1] ?? '')))
  const isTooLong = [...texts].some(([name, section]) => name.startsWith('us') && section.length > usSectionLengthMax)
  if (isTooLong) return { problem: 'has a section that is too long' }
  try {
    return sectionsOf(new GppModel(text), texts)
  } catch {
    return { problem: 'has a section that cannot be decoded' }
  }
}

function nameAndText(id: number, text: string): [string, string][] {
  const name = Sections.SECTION_ID_NAME_MAP.get(id)
  return name === undefined ? [] : [[name, text]]
}

function sectionsOf(model: GppModel, texts: ReadonlyMap<string, string>): ReadOutcome<GppFacts> {
  const sections = new Map<string, GppSection>()
  for (const name of texts.keys()) {
    // The sections of the other frameworks have decoders of their own, or no rule that asks for them.
    if (!name.startsWith('us')) continue
    const fields = model.getSection(name) as Record<string, unknown>
    const problem = problemOfFields(name, fields)
    if (problem !== undefined) return { problem }
    sections.set(name, new GppSection(fields))
  }
  return { facts: { names: new Set(texts.keys()), sections, tcString: texts.get(TcfEuV2.NAME) } }
}

/** What the decoder lets pass: versions it can't know, and the reserved value 3 of two bits. */
function problemOfFields(name: string, fields: Record<string, unknown>): string | undefined {
  const version = Number(fields['Version'] ?? fields['MspaVersion'])
  if (!(version >= 1 && version <= (name === UsNat.NAME ? UsNat.VERSION : 1))) return 'has a section of an unknown version'
  const values = Object.entries(fields).filter(([field]) => field !== 'Version' && field !== 'MspaVersion')
  return values.some(([, value]) => [value].flat().includes(3)) ? 'has a section with a reserved value' : undefined
}

const sectionsMax = 64

/**
 * The ids of the sections, from the header. Read here first because the decoder spells out whatever ranges a header names, and
 * the Fibonacci numbers of twenty characters are enough to name more than any memory holds.
 */
function sectionIdsOf(header: string): number[] | undefined {
  const bits = new BitReader(header)
  if (bits.read(6) !== 3 || bits.read(6) !== 1) return undefined
  const entries = bits.read(12)
  const ids: number[] = []
  let last = 0
  for (let entry = 0; entry < entries; entry++) {
    const isRange = bits.read(1) === 1
    const first = last + readFibonacci(bits)
    last = isRange ? first + readFibonacci(bits) : first
    if (bits.ended || !(last - first + ids.length < sectionsMax)) return undefined
    for (let id = first; id <= last; id++) ids.push(id)
  }
  return bits.ended ? undefined : ids
}

/** A whole number as a sum of Fibonacci numbers, lowest first, up to two ones in a row; infinite when it is too large. */
function readFibonacci(bits: BitReader): number {
  let [value, weight, next, before] = [0, 1, 2, 0]
  for (let count = 0; count < 16 && !bits.ended; count++) {
    const bit = bits.read(1)
    if (bit === 1 && before === 1) return value
    if (bit === 1) value += weight
    ;[weight, next, before] = [next, weight + next, bit]
  }
  return Infinity
}
