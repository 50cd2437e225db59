import type { Bus } from '@ott/pipeline/bus'

/** A stage that events pass on their way to being counted. It commits only what it has published or counted. */
export interface Passage {
  readonly group: string
  readonly topic: string
}

export interface CountedHours {
  /**
   * Looks how far the stages have come. @param dueHour the last hour that is over, and has been for as long as events come late
   * @returns the last hour of which all is counted that had come by when it was due; undefined while none is known
   */
  look(dueHour: number): Promise<number | undefined>
}

/** Where the topic of a passage ended, by partition, after an hour was due: what is before that is yet to pass. */
interface Mark {
  readonly hour: number
  readonly passage: number
  readonly ends: readonly bigint[]
}

/**
 * Follows what had come by when an hour was due through the stages, one after the other: an hour whose events wait somewhere isn't empty.
 * Told by offsets alone, so a partition to which nothing comes holds nothing up, and no clock of a device or server matters.
 *
 * @param passages in the order in which events pass them; the last one counts
 */
export function followCounting(bus: Pick<Bus, 'endOffsets' | 'lagByPartition'>, passages: readonly Passage[]): CountedHours {
  let counted: number | undefined
  let mark: Mark | undefined
  const markAt = async (hour: number, passage: number): Promise<Mark> => ({ hour, passage, ends: await bus.endOffsets(passages[passage]!.topic) })
  return {
    async look(dueHour) {
      if (mark === undefined && (counted === undefined || counted < dueHour)) mark = await markAt(dueHour, 0)
      while (mark !== undefined && (await hasPassed(bus, passages[mark.passage]!, mark.ends))) {
        const { hour, passage } = mark
        if (passage + 1 < passages.length) mark = await markAt(hour, passage + 1)
        else {
          counted = hour
          mark = hour < dueHour ? await markAt(dueHour, 0) : undefined
        }
      }
      return counted
    },
  }
}

/** Ends are read before the lag: what comes in between makes a stage seem further behind, never further ahead. */
async function hasPassed(bus: Pick<Bus, 'endOffsets' | 'lagByPartition'>, { group, topic }: Passage, marked: readonly bigint[]): Promise<boolean> {
  const ends = await bus.endOffsets(topic)
  const lags = new Map((await bus.lagByPartition(group, [topic])).map(({ partition, records }) => [partition, records]))
  return marked.every((end, partition) => ends[partition]! - (lags.get(partition) ?? end) >= end)
}
