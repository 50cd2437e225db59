import type { RiskFactorName } from '@ott/contracts/event-scored'
import type { RingSpan } from './time-ring.ts'

/** The measured value of each factor, in its own unit. */
export type FactorValues = Readonly<Record<RiskFactorName, number>>

/** How one factor is read. What isn't said in the factor's unit is on its scale, the result of `scaled`. */
export interface RiskFactor {
  readonly unit: string
  /** Puts a value on the scale on which it is compared; rising, and 0 for 0. */
  readonly scaled: (value: number) => number
  /** The least spread a population is taken to have: the most sensitive the factor ever gets. */
  readonly scaleMin: number
  /** From this value on (in the factor's unit) a viewer is an outlier, however used to it the population is. */
  readonly outlierFrom: number
  /** The smallest difference in value that the baseline tells from 0, in the factor's unit. */
  readonly resolution: number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** The windows behind the factors, all over event time. */
export const windows = {
  consentChanges: { windowMs: dayMs, bucketMs: hourMs, combine: 'add' },
  findings: { windowMs: 30 * dayMs, bucketMs: dayMs, combine: 'add' },
  records: { windowMs: hourMs, bucketMs: 2 * minuteMs, combine: 'add' },
  signInFailures: { windowMs: hourMs, bucketMs: 2 * minuteMs, combine: 'add' },
  speedsKmh: { windowMs: hourMs, bucketMs: 10 * minuteMs, combine: 'largest' },
  requests: { windowMs: hourMs, bucketMs: 2 * minuteMs, combine: 'add' },
  errors: { windowMs: hourMs, bucketMs: 2 * minuteMs, combine: 'add' },
} as const satisfies Record<string, RingSpan>

/** Up to this speed a journey is an ordinary one: door to door, few flights are faster. */
const ordinarySpeedKmhMax = 500

const asMeasured = (value: number) => value

/** The six factors; see the README of this folder for the reasons behind the figures. */
export const riskFactors: Readonly<Record<RiskFactorName, RiskFactor>> = {
  consentChanges: { unit: 'changes per 24 h', scaled: asMeasured, scaleMin: 3, outlierFrom: 12, resolution: 1 },
  pastViolations: { unit: 'findings per 30 days', scaled: asMeasured, scaleMin: 1.6, outlierFrom: 8, resolution: 1 },
  dataAccess: { unit: 'records per hour', scaled: Math.log1p, scaleMin: 1.8, outlierFrom: 5_000, resolution: 1 },
  signInFailures: { unit: 'failures per hour', scaled: asMeasured, scaleMin: 1.25, outlierFrom: 5, resolution: 1 },
  impossibleTravel: {
    unit: 'km/h, the fastest within an hour',
    scaled: (kmh) => Math.max(0, kmh - ordinarySpeedKmhMax),
    scaleMin: 111,
    outlierFrom: 900,
    resolution: 1,
  },
  errorRate: { unit: 'errors per request within an hour', scaled: asMeasured, scaleMin: 0.1, outlierFrom: 0.5, resolution: 0.01 },
}
