import type { PartitionProfiles } from './partition-profiles.ts'

/** How many viewers a process holds. */
export interface HeldSubjects {
  /** Not written down yet; these are never forgotten. */
  readonly changed: number
  /** As the database has them. */
  readonly idle: number
}

/** What the partitions of a process may hold together. A partition counts from when it was restored until it is given away. */
export interface SubjectBudget {
  add(memory: PartitionProfiles): void
  remove(memory: PartitionProfiles): void
  /**
   * Forgets idle viewers until all partitions together hold no more than they may, or until there are none; how many. The
   * longest unused of the partition that has most go first: viewers are spread over partitions by hash, so that is near the
   * longest unused of all, and a partition that just came isn't starved by those that filled the memory before it.
   */
  forgetIdle(): number
  held(): HeldSubjects
}

/** @param subjectsMax exceeded only by what isn't written down yet: at most what comes in between two snapshots */
export function createSubjectBudget(subjectsMax: number): SubjectBudget {
  const memories = new Set<PartitionProfiles>()
  const held = () => {
    let [changed, idle] = [0, 0]
    for (const memory of memories) {
      changed += memory.changed.size + memory.writing.size
      idle += memory.idle.size
    }
    return { changed, idle }
  }
  // A map's iterator goes on where it was, past what is added and removed meanwhile; a new one would first walk over the gaps that
  // all before it left. While there is nothing to forget none is kept, since it keeps what the map was when it was asked last.
  const positions = new Map<PartitionProfiles, Iterator<string>>()
  const forgetOne = () => {
    let largest: PartitionProfiles | undefined
    for (const memory of memories) if (largest === undefined || memory.idle.size > largest.idle.size) largest = memory
    if (largest === undefined) return
    let next = positions.get(largest)?.next()
    if (next === undefined || next.done === true) {
      const position = largest.idle.keys()
      positions.set(largest, position)
      next = position.next()
    }
    if (next.done !== true) largest.idle.delete(next.value)
  }
  return {
    add: (memory) => void memories.add(memory),
    remove(memory) {
      memories.delete(memory)
      positions.delete(memory)
    },
    held,
    forgetIdle() {
      const { changed, idle } = held()
      const excess = Math.min(idle, changed + idle - subjectsMax)
      if (excess <= 0) positions.clear()
      for (let left = excess; left > 0; left--) forgetOne()
      return Math.max(0, excess)
    },
  }
}
