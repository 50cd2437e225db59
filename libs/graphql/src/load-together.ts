import DataLoader from 'dataloader'

/** Answers for one id at a time; what many fields ask for at once is read together, and once. */
export interface Loader<Item> {
  load(id: string): Promise<Item | undefined>
}

const batchMax = 500

/**
 * A loader for one operation of one caller: what it has read it keeps, so it must not outlive the operation.
 * @param read finds items by id; those it doesn't find are left out
 */
export function loadTogether<Item>(read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Item>>): Loader<Item> {
  return new DataLoader<string, Item | undefined>(
    async (ids) => {
      const found = await read(ids)
      return ids.map((id) => found.get(id))
    },
    { maxBatchSize: batchMax },
  )
}
