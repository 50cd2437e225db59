import { homes, type Place } from './places.ts'
import type { Random } from './random.ts'

/** A made-up person. Names and addresses come from ranges reserved for documentation (RFC 2606, 3849, 5737): nobody's own. */
export interface Viewer {
  readonly subject: string
  readonly username: string
  readonly home: Place
  /** Where the home is, within some kilometres of the city's centre. */
  readonly latitude: number
  readonly longitude: number
  readonly ip: string
  readonly deviceId: string
  readonly userAgent: string
  readonly minor: boolean
  /** Consent in force when the day begins. */
  readonly consent: Readonly<Record<'ads' | 'analytics' | 'personalisation', boolean>>
  /** Global Privacy Control is on: an opt-out that US state laws give effect to. */
  readonly gpc: boolean
  /** Gave the separate written consent of 18 U.S.C. § 2710(b)(2)(B), at this many days before the day begins. */
  readonly vppaConsentDaysAgo: number | undefined
  /** Takes a plane today. */
  readonly travelsTo: Place | undefined
}

/** Where each of twenty viewers in a row lives: any twenty have the same mix. */
const countryCycle = 'DE US FR GB DE US BR DE FR US DE GB US FR DE BR US GB DE FR'.split(' ')

const userAgents = [
  'OttPlayer/7.4 (Linux; Android 15; SmartTV)',
  'OttPlayer/7.4 (tvOS 19.1)',
  'OttPlayer/6.9 (Tizen 8.0; Samsung TV)',
  'OttPlayer/7.2 (iPhone; iOS 19.1)',
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
]

/** The viewer of a number, 1 upwards. The same random stream and number give the same person. */
export function createViewer(number: number, random: Random): Viewer {
  const country = countryCycle[(number - 1) % countryCycle.length]
  const home = random.pick(homes.filter((place) => place.country === country))
  const name = `viewer-${String(number).padStart(4, '0')}`
  // Every tenth is a child, every fortieth on a journey; both fixed, so that a small population has some as well.
  const minor = number % 10 === 7
  const travels = number % 40 === 20
  const consenting = !minor && random.chance(0.65)
  return {
    subject: name,
    username: `${name}@example.com`,
    home,
    latitude: rounded(home.latitude + random.between(-0.08, 0.08)),
    longitude: rounded(home.longitude + random.between(-0.08, 0.08)),
    ip: `2001:db8:${number.toString(16)}:${random.integer(1, 0xffff).toString(16)}::${random.integer(1, 0xffff).toString(16)}`,
    deviceId: `device-${random.integer(0x10000000, 0xffffffff).toString(16)}`,
    userAgent: random.pick(userAgents),
    minor,
    consent: { ads: consenting, analytics: !minor && random.chance(0.7), personalisation: !minor && random.chance(0.8) },
    gpc: home.country === 'US' && random.chance(0.2),
    vppaConsentDaysAgo: home.country === 'US' && !minor && random.chance(0.3) ? random.integer(5, 600) : undefined,
    travelsTo: travels ? random.pick(homes.filter((place) => place.country !== home.country)) : undefined,
  }
}

/** Four decimals of a degree are 11 m: as fine as a located IP address pretends to be. */
export function rounded(degrees: number): number {
  return Math.round(degrees * 10_000) / 10_000
}
