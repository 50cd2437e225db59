import { GppModel } from '@iabgpp/cmpapi'

/** CMP 252, policy 4, from NL, service-specific; purposes 4-7, 9, 10, by legitimate interest 8, 9, 11; vendors 34, 66, … */
export const aTcString =
  'CQuFeUAQuFeUAD8ABEENAHEoAB7AAAGgABpYGmQHQARABCACWAFwALwAmQBQADYAHIAPEAewA_gCIAEdAJuAUgArwBtgD4AIAARqAmUBOACpAFmgLmAXYAycBpgGawCwAqgBkAFCAToA2kC8wL0AYGAxsBkwDKgGagAA.IAAA.YAAAAAAAAAAA'

/** A GPP string of sections by name, each with fields by name. */
export function aGppString(sections: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string {
  const model = new GppModel()
  for (const [name, fields] of Object.entries(sections)) {
    for (const [field, value] of Object.entries(fields)) model.setFieldValue(name, field, value)
  }
  return model.encode()
}

/** Bits, given as numbers with their widths, as base64url. */
export function asText(...numbers: readonly (readonly [value: number, width: number])[]): string {
  const bits = numbers.map(([value, width]) => value.toString(2).padStart(width, '0')).join('')
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const sixes = bits.padEnd(Math.ceil(bits.length / 6) * 6, '0').match(/.{6}/g) ?? []
  return sixes.map((six) => letters[Number.parseInt(six, 2)]).join('')
}

type Restriction = readonly [purpose: number, kind: number, first: number, last: number]

/** The core of a TC string without vendors, with publisher restrictions. */
export function aRestrictedTcString(restrictions: readonly Restriction[]): string {
  const created: [number, number] = [17_000_000_000, 36]
  const letters: [number, number][] = [[4, 6], [13, 6]]
  const head: [number, number][] = [[2, 6], created, created, [10, 12], [1, 12], [0, 6], ...letters, [7, 12], [4, 6], [1, 1], [0, 1]]
  const consents: [number, number][] = [[0, 12], [0, 24], [0, 24], [0, 1], ...letters, [0, 17], [0, 17]]
  const tail = restrictions.flatMap(([purpose, kind, first, last]): [number, number][] => {
    return [[purpose, 6], [kind, 2], [1, 12], [1, 1], [first, 16], [last, 16]]
  })
  return asText(...head, ...consents, [restrictions.length, 12], ...tail)
}
