import { Cron } from 'croner'

/** A schedule that can't be kept; the message names what is wrong with it. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError'
}

/** Turns closer together than this would train on next to nothing new. */
export const turnGapMsMin = 3_600_000

/**
 * The first turn after a time, of a schedule as cron has it: five fields (minute, hour, day, month, day of week) in a time zone of the IANA database.
 * Where clocks are put forward, a turn in the hour that is left out comes with the next; where they are put back, it comes once.
 * @throws {ScheduleError} for what isn't such a schedule, never comes, or comes more than once an hour
 */
export function turnAfter(cron: string, timeZone: string, after: Date): Date {
  if (cron.trim().split(/\s+/).length !== 5) throw new ScheduleError(`"${cron}" has not exactly 5 parts: minute, hour, day, month, day of week`)
  const next = (from: Date) => {
    try {
      return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true }).nextRun(from)
    } catch (error) {
      throw new ScheduleError(reasonOf(error))
    }
  }
  const turn = next(after)
  const second = turn && next(turn)
  if (turn === null || second === null) throw new ScheduleError(`"${cron}" never comes round`)
  if (second.getTime() - turn.getTime() < turnGapMsMin) throw new ScheduleError(`"${cron}" comes more than once an hour`)
  return turn
}

/** Whether it is such a schedule, in UTC. */
export function isTurn(cron: string): boolean {
  try {
    turnAfter(cron, 'UTC', new Date(0))
    return true
  } catch (error) {
    if (error instanceof ScheduleError) return false
    throw error
  }
}

/** The library's own words, without those of what it called in turn. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.includes('timezone') ? 'the time zone must be one of the IANA database, such as Europe/Berlin' : message.replace(/^Cron[A-Za-z]*: /, '')
}
