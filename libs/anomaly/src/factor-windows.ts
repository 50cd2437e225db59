import { riskFactorNames, type RiskFactorName } from '@ott/contracts/event-scored'
import { windows } from './risk-factors.ts'
import { addToRing, emptyRing, windowOf, type RingSpan, type TimeRing } from './time-ring.ts'

/** The windows over which each factor is known besides its own, from short to long. All over event time. */
export const factorWindows = ['1h', '24h', '7d'] as const
export type FactorWindow = (typeof factorWindows)[number]

/** What is counted of a viewer; the factors are made of it. */
export type AmountName = keyof typeof windows
export const amountNames = Object.keys(windows) as AmountName[]

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** A window reaches back up to one bucket more than it says: at most a 24th of it. */
const spans: Readonly<Record<FactorWindow, Omit<RingSpan, 'combine'>>> = {
  '1h': { windowMs: hourMs, bucketMs: 2 * minuteMs },
  '24h': { windowMs: 24 * hourMs, bucketMs: hourMs },
  '7d': { windowMs: 7 * 24 * hourMs, bucketMs: 6 * hourMs },
}

interface WindowRing {
  readonly amount: AmountName
  readonly window: FactorWindow
  readonly span: RingSpan
}

/** The rings that are held for the windows. An amount whose factor has that window anyway needs no second ring for it. */
export const windowRings: readonly WindowRing[] = factorWindows.flatMap((window) =>
  amountNames
    .filter((amount) => windows[amount].windowMs !== spans[window].windowMs)
    .map((amount) => ({ amount, window, span: { ...spans[window], combine: windows[amount].combine } })),
)

/** One ring for each of {@link windowRings}, in their order. */
export type WindowRings = readonly TimeRing[]

export const emptyWindows: WindowRings = windowRings.map(() => emptyRing)

/** What the rings are asked through: a profile, or part of one. One that was saved before there were windows has no `windows`. */
export type WindowedAmounts = Readonly<Record<AmountName, TimeRing>> & { readonly windows?: WindowRings }

const placeOf = new Map(windowRings.map(({ amount, window }, place) => [`${amount} ${window}`, place]))

/** The rings with what one event brought, each amount in the bucket of its own time. */
export function addToWindows(rings: WindowRings | undefined, amounts: Readonly<Record<AmountName, number>>, atMs: number): WindowRings {
  const before = rings ?? emptyWindows
  if (amountNames.every((name) => !(amounts[name] > 0))) return before
  return windowRings.map(({ amount, span }, place) => addToRing(before[place] ?? emptyRing, span, atMs, amounts[amount]))
}

/** What a window that ends with the bucket of `asOfMs` holds of an amount. */
export function amountWithin(held: WindowedAmounts, amount: AmountName, window: FactorWindow, asOfMs: number): number {
  const place = placeOf.get(`${amount} ${window}`)
  if (place === undefined) return windowOf(held[amount], windows[amount], asOfMs)
  return windowOf(held.windows?.[place] ?? emptyRing, windowRings[place]!.span, asOfMs)
}

/** One column of a viewer's windowed factors. */
export interface WindowedFactor {
  readonly name: RiskFactorName
  readonly window: FactorWindow
}

/** The columns of `windowedFactorsOf`: factor by factor in the order of `riskFactorNames`, each over 1 h, 24 h and 7 d. */
export const windowedFactors: readonly WindowedFactor[] = riskFactorNames.flatMap((name) => factorWindows.map((window) => ({ name, window })))

/** Their names, such as `dataAccess.24h`. */
export const windowedFactorNames: readonly string[] = windowedFactors.map(({ name, window }) => `${name}.${window}`)
