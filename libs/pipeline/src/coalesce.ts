/**
 * Runs work on many items at once instead of on each: what is asked for within one turn of the event loop, or while the
 * last run is under way, goes into the next run together. No timer adds latency when there is little to do, and load
 * makes the runs larger. Runs follow one another, so items keep their order.
 * @returns asks for one item; settles as the run that took it does
 */
export function coalesce<Item, Result>(run: (items: readonly Item[]) => Promise<readonly Result[]>): (item: Item) => Promise<Result> {
  let waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = []
  let busy = false

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      try {
        const results = await run(group.map(({ item }) => item))
        for (const [place, { resolve }] of group.entries()) resolve(results[place] as Result)
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    busy = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (busy) return
      busy = true
      setImmediate(() => void drain())
    })
}
