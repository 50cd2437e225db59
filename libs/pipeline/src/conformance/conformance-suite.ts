import { describe } from '@jest/globals'
import type { ConformanceOptions } from './conformance-bus.ts'
import { describeCrashes } from './crash-conformance.ts'
import { describeFaults } from './fault-conformance.ts'
import { describeMemory } from './memory-conformance.ts'
import { describeOrder } from './order-conformance.ts'
import { describePoison } from './poison-conformance.ts'
import { describeShutdown } from './shutdown-conformance.ts'

/**
 * Runs every invariant of the stage runtime against a bus. Call it at the top of a test file.
 * @param name the bus, as it is to stand in the report
 */
export function describeConformance(name: string, options: ConformanceOptions): void {
  describe(`stages on ${name}`, () => {
    describeCrashes(options)
    describeOrder(options)
    describePoison(options)
    describeFaults(options)
    describeMemory(options)
    describeShutdown(options)
  })
}
