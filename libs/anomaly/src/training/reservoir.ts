import type { SeededRandom } from '../seeded-random.ts'

/** Keeps as many of what it is offered as it may, each as likely as any other, however many come (Vitter 1985, algorithm R). */
export interface Reservoir<Item> {
  offer(item: Item): void
  /** In no order that means anything. */
  readonly kept: readonly Item[]
}

export function createReservoir<Item>(itemsMax: number, random: Pick<SeededRandom, 'below'>): Reservoir<Item> {
  const kept: Item[] = []
  let offered = 0
  return {
    kept,
    offer(item) {
      offered += 1
      if (kept.length < itemsMax) kept.push(item)
      else {
        const place = random.below(offered)
        if (place < itemsMax) kept[place] = item
      }
    },
  }
}
