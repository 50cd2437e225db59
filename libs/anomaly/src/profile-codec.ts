import { amountNames, windowRings } from './factor-windows.ts'
import { windows } from './risk-factors.ts'
import type { RiskProfile } from './risk-profile.ts'
import { emptyRing, type RingSpan, type TimeRing } from './time-ring.ts'

/**
 * A profile as few bytes, for holding many that aren't in use: a string of code units below 256, since an engine keeps such a
 * string at one byte a unit, where an array of numbers takes eight for each. A third of the size of the profile's JSON.
 * For memory only: what is saved is JSON, that every version can read.
 *
 * Whole numbers are written as in LEB128 (7 bits a byte, low ones first), signed ones zigzag. Times and buckets are told as
 * distances from the viewer's clock or from the bucket before. A profile with a number that doesn't go so is held as JSON.
 */
export function encodeProfile(profile: RiskProfile): string {
  const bytes: number[] = []
  return writeProfile(profile, bytes) ? textOf(bytes) : JSON.stringify(profile)
}

/** The profile that {@link encodeProfile} was given: the same JSON, byte for byte. */
export function decodeProfile(text: string): RiskProfile {
  return text.startsWith('{') ? (JSON.parse(text) as RiskProfile) : readProfile(text)
}

/** In the first byte, which is below `{`: what follows. */
const has = { place: 1, signedIn: 2, windows: 4, seen: 8, recent: 16 } as const
const partNames = Object.keys(has) as (keyof typeof has)[]

const hourMs = 3_600_000
/** Twice this is still a safe integer, so that zigzag is exact. */
const wholeMax = 2 ** 51

const hourOf = (ms: number) => Math.floor(ms / hourMs)
const bucketOf = (ms: number, { bucketMs }: Pick<RingSpan, 'bucketMs'>) => Math.floor(ms / bucketMs)

/** @returns false when the profile holds a number that can't be written so */
function writeProfile(profile: RiskProfile, bytes: number[]): boolean {
  const { clockMs, lessonHour, signedInMs, place, windows: wide, seen, recent } = profile
  let fits = true
  const unsigned = (value: number) => {
    if (!(Number.isInteger(value) && value >= 0 && value <= 2 * wholeMax)) {
      fits = false
      return
    }
    let rest = value
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
    for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128)
    bytes.push(rest)
  }
  const signed = (value: number) => {
    if (!Number.isInteger(value)) fits = false
    unsigned(value < 0 ? -2 * value - 1 : 2 * value)
  }
  const degrees = (value: number) => {
    const hundredths = Math.round(value * 100)
    if (hundredths / 100 !== value) fits = false
    signed(hundredths)
  }
  const rings = (held: readonly TimeRing[], spans: readonly Pick<RingSpan, 'bucketMs'>[]) => {
    let mask = 0
    for (let place = 0; place < held.length; place++) if (held[place]!.length > 0) mask |= 1 << place
    unsigned(mask)
    for (let place = 0; place < held.length; place++) {
      const ring = held[place]!
      if (ring.length === 0) continue
      unsigned(ring.length / 2)
      let before = bucketOf(clockMs, spans[place]!)
      for (let index = 0; index < ring.length; index += 2) {
        signed(ring[index]! - before)
        unsigned(ring[index + 1]!)
        before = ring[index]!
      }
    }
  }

  const told = { place: place !== null, signedIn: signedInMs !== null, windows: wide !== undefined, seen: seen !== undefined, recent: recent !== undefined }
  bytes.push(partNames.reduce((flags, part) => flags + (told[part] ? has[part] : 0), 0))
  signed(clockMs)
  signed(lessonHour - hourOf(clockMs))
  if (signedInMs !== null) signed(signedInMs - clockMs)
  if (place !== null) {
    degrees(place[0])
    degrees(place[1])
    signed(place[2] - clockMs)
  }
  rings(amountNames.map((name) => profile[name]), amountSpans)
  if (wide !== undefined) {
    if (wide.length !== windowRings.length) fits = false
    else rings(wide, windowSpans)
  }
  if (seen !== undefined) {
    unsigned(seen.events)
    unsigned(seen.hours)
  }
  if (recent !== undefined) {
    unsigned(recent.length)
    for (let place = 0; place < recent.length; place++) {
      const unit = recent.charCodeAt(place)
      if (unit > 255) fits = false
      bytes.push(unit)
    }
  }
  return fits
}

function readProfile(text: string): RiskProfile {
  const flags = text.charCodeAt(0)
  let at = 1
  const unsigned = () => {
    let value = 0
    for (let weight = 1; ; weight *= 128) {
      const byte = text.charCodeAt(at++)
      if (byte < 128) return weight === 1 ? byte : value + byte * weight
      value += (byte - 128) * weight
    }
  }
  const signed = () => {
    const value = unsigned()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }
  const rings = (spans: readonly Pick<RingSpan, 'bucketMs'>[]) => {
    const mask = unsigned()
    return spans.map((span, place): TimeRing => {
      if ((mask & (1 << place)) === 0) return emptyRing
      const ring: number[] = []
      let bucket = bucketOf(clockMs, span)
      for (let left = unsigned(); left > 0; left--) ring.push((bucket += signed()), unsigned())
      return ring
    })
  }
  const textAt = (length: number) => {
    at += length
    return text.slice(at - length, at)
  }

  const clockMs = signed()
  const lessonHour = signed() + hourOf(clockMs)
  const signedInMs = (flags & has.signedIn) > 0 ? signed() + clockMs : null
  const place = (flags & has.place) > 0 ? ([signed() / 100, signed() / 100, signed() + clockMs] as const) : null
  const amounts = rings(amountSpans)
  const wide = (flags & has.windows) > 0 ? { windows: rings(windowSpans) } : {}
  const seen = (flags & has.seen) > 0 ? { seen: { events: unsigned(), hours: unsigned() } } : {}
  const told = (flags & has.recent) > 0 ? { recent: textAt(unsigned()) } : {}
  const [consentChanges, findings, records, signInFailures, speedsKmh, requests, errors] = amounts as AmountRings
  return { clockMs, lessonHour, signedInMs, place, consentChanges, findings, records, signInFailures, speedsKmh, requests, errors, ...wide, ...seen, ...told }
}

/** As many as there are amounts, in their order. */
type AmountRings = [TimeRing, TimeRing, TimeRing, TimeRing, TimeRing, TimeRing, TimeRing]

const amountSpans = amountNames.map((name) => windows[name])
const windowSpans = windowRings.map(({ span }) => span)

/** As many arguments as a call surely takes. */
const chunk = 4_096

function textOf(bytes: readonly number[]): string {
  if (bytes.length <= chunk) return String.fromCharCode(...bytes)
  let text = ''
  for (let from = 0; from < bytes.length; from += chunk) text += String.fromCharCode(...bytes.slice(from, from + chunk))
  return text
}
