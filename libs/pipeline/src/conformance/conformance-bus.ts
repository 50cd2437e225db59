import type { Bus } from '../bus.ts'

/** A bus under test, with what a test must know of it beyond the {@link Bus} it is. Topics and groups are its own. */
export interface ConformanceBus {
  readonly bus: Bus
  /** What the bus's client throws from a heartbeat when its connection is lost for a moment. The bus mends that by itself. */
  connectionFault(): Error
  /** Takes the bus away and brings it back. Left out where that can't be done from inside: a chaos run covers it then. */
  readonly setAway?: (away: boolean) => void
  close(): Promise<void>
}

/** How the suite comes by its buses, and what it has to know of them beforehand. */
export interface ConformanceOptions {
  /** A bus without topics, groups or records of any other test. */
  createBus(): Promise<ConformanceBus>
  /** How many events a viewer has in the test of order: the rest of the suite is small. */
  readonly eventsPerKey: number
  /** Longer than a member may be silent before it is taken for dead, in ms. */
  readonly slowWorkMs: number
  /** True when {@link ConformanceBus.setAway} is there. */
  readonly canGoAway: boolean
}
