import type { Bus } from '@ott/pipeline/bus'

/** A stage that events pass on their way to being counted. It commits only what it has published or counted. */
export interface Passage {
  readonly group: string
  readonly topic: string
}

export interface CountingOptions {
  readonly bus: Pick<Bus, 'endOffsets' | 'lagByPartition'>
  /** Where a tenant's events come in. Each tenant's topic is followed for itself, so that one whose events wait there holds up no other. */
  readonly entry: { readonly group: string; topicOf(tenantId: string): string }
  /** What all tenants' events pass then, in this order; the last one counts. */
  readonly passages: readonly Passage[]
  /** Tenants whose topics are looked at in one look; the others are in the next ones. */
  readonly tenantsAtOnce?: number
  /** A tenant's topic can't be asked about: it is left out. */
  onFault(error: unknown): void
}

export interface CountedHours {
  /**
   * Looks how far the stages have come. @param dueHour the last hour that is over, and has been for as long as events come late
   * @returns by tenant, the last hour of which all is counted that had come by when it was due; without those of whom none is known
   */
  look(dueHour: number, tenantIds: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** Where a topic ended, by partition, after an hour was due: what is before that is yet to pass. */
interface EntryMark {
  readonly hour: number
  readonly ends: readonly bigint[]
}

interface PassageMark {
  /** By tenant, the hour of which all had come in when the topic of the first passage ended there. */
  readonly hours: ReadonlyMap<string, number>
  readonly passage: number
  readonly ends: readonly bigint[]
}

/**
 * Follows what had come by when an hour was due through the stages, one after the other: an hour whose events wait somewhere isn't empty.
 * Told by offsets alone, so a partition to which nothing comes holds nothing up, and no clock of a device or server matters.
 */
export function followCounting({ bus, entry, passages, tenantsAtOnce = 200, onFault }: CountingOptions): CountedHours {
  const entering = new Map<string, EntryMark>()
  const entered = new Map<string, number>()
  const counted = new Map<string, number>()
  let mark: PassageMark | undefined
  let turn = 0

  const lookAtEntries = async (dueHour: number, tenantIds: readonly string[]): Promise<void> => {
    const waiting = tenantIds.filter((tenantId) => (entered.get(tenantId) ?? -1) < dueHour)
    const from = waiting.length <= tenantsAtOnce ? 0 : (turn++ * tenantsAtOnce) % waiting.length
    for (const tenantId of waiting.slice(from, from + tenantsAtOnce)) {
      try {
        const topic = entry.topicOf(tenantId)
        const { hour, ends } = entering.get(tenantId) ?? { hour: dueHour, ends: await bus.endOffsets(topic) }
        entering.set(tenantId, { hour, ends })
        if (!(await hasPassed(bus, { group: entry.group, topic }, ends))) continue
        entering.delete(tenantId)
        entered.set(tenantId, hour)
      } catch (error) {
        onFault(error)
      }
    }
  }
  const markAt = async (passage: number, hours: ReadonlyMap<string, number>): Promise<PassageMark> => ({ hours, passage, ends: await bus.endOffsets(passages[passage]!.topic) })
  /** The tenants that have come further since; what came in by then is before where the topic ends now. */
  const nextMark = async (): Promise<PassageMark | undefined> => {
    const further = new Map([...entered].filter(([tenantId, hour]) => hour > (counted.get(tenantId) ?? -1)))
    return further.size === 0 ? undefined : await markAt(0, further)
  }
  return {
    async look(dueHour, tenantIds) {
      await lookAtEntries(dueHour, tenantIds)
      mark ??= await nextMark()
      while (mark !== undefined && (await hasPassed(bus, passages[mark.passage]!, mark.ends))) {
        const { hours, passage } = mark
        if (passage + 1 < passages.length) mark = await markAt(passage + 1, hours)
        else {
          for (const [tenantId, hour] of hours) counted.set(tenantId, hour)
          mark = undefined
          mark = await nextMark()
        }
      }
      return counted
    },
  }
}

/** Ends are read before the lag: what comes in between makes a stage seem further behind, never further ahead. */
async function hasPassed(bus: CountingOptions['bus'], { group, topic }: Passage, marked: readonly bigint[]): Promise<boolean> {
  const ends = await bus.endOffsets(topic)
  const lags = new Map((await bus.lagByPartition(group, [topic])).map(({ partition, records }) => [partition, records]))
  return marked.every((end, partition) => ends[partition]! - (lags.get(partition) ?? end) >= end)
}
