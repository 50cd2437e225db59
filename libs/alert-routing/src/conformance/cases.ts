import type { ConformanceCase } from './conformance-case.ts'
import { groupingCases } from './grouping-cases.ts'
import { inhibitionCases } from './inhibition-cases.ts'
import { matcherCases } from './matcher-cases.ts'
import { repeatCases } from './repeat-cases.ts'
import { resolveCases } from './resolve-cases.ts'
import { routingCases } from './routing-cases.ts'
import { silenceCases } from './silence-cases.ts'
import { timeCases } from './time-cases.ts'
import { timingCases } from './timing-cases.ts'

/** The table that every subject is held against: this library, the service, and a real Alertmanager. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...groupingCases,
  ...timingCases,
  ...repeatCases,
  ...resolveCases,
  ...routingCases,
  ...matcherCases,
  ...inhibitionCases,
  ...silenceCases,
  ...timeCases,
]
