import { expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import type { CrashPoint } from '@ott/pipeline/stage-ports'
import { assessedRecords, openScoringWorld, type RunResult, type ScoringProcess } from './scoring-world.ts'

const records = assessedRecords(3_000, 40, 7)
const slices = 9
const crashPoints: readonly CrashPoint[] = ['before-save', 'after-save', 'after-publish', 'after-snapshot', 'after-commit']

async function undisturbed(): Promise<RunResult> {
  await using world = await openScoringWorld()
  const only = await world.start({ subjectsMax: 10_000, snapshotIntervalMs: 60_000 })
  await world.publish(records)
  while ((await world.scoredSoFar()) < records.length) await new Promise((resolve) => setTimeout(resolve, 20))
  await only.stop()
  return await world.result()
}

/** Two processes at a time. Each slice of the events sees one of them die at some point, or leave as it should, and another come. */
async function disturbed(seed: number) {
  const random = seededRandom(seed)
  const choices = { subjectsMax: 3, snapshotIntervalMs: 100 }
  await using world = await openScoringWorld()
  const all: ScoringProcess[] = []
  const start = async () => {
    const started = await world.start(choices)
    all.push(started)
    return started
  }
  const pair = [await start(), await start()]
  let kills = 0
  for (let slice = 0; slice < slices; slice++) {
    const [from, to] = [slice, slice + 1].map((place) => Math.floor((place * records.length) / slices))
    const chosen = random.below(2)
    const leaving = pair[chosen]!
    if (slice % 3 === 2) {
      await world.publish(records.slice(from, to))
      await leaving.stop()
    } else {
      leaving.killAt(crashPoints[random.below(crashPoints.length)]!, 1 + random.below(3))
      await world.publish(records.slice(from, to))
      // It may own nothing at the moment, and then comes to no such point.
      await Promise.race([leaving.killed.then(() => kills++), new Promise((resolve) => setTimeout(resolve, 2_000))])
      leaving.kill()
      await leaving.stop()
    }
    pair[chosen] = await start()
  }
  const result = await world.result()
  const sum = (of: keyof ScoringProcess['counts']) => all.reduce((total, { counts }) => total + counts[of], 0)
  return { result, kills, forgotten: sum('forgotten'), fetchedAgain: sum('fetchedAgain') }
}

test('after crashes at any point, rebalances and with room for three viewers, every score, profile and count is that of an undisturbed run, byte for byte', async () => {
  const expected = await undisturbed()
  expect(expected.repeats).toBe(0)
  expect(Object.values(expected.scored).flat().length).toBe(records.length)
  const { result, kills, forgotten, fetchedAgain } = await disturbed(11)
  process.stdout.write(`${kills} crashes between effects, ${result.repeats} results published again, ${forgotten} viewers forgotten, ${fetchedAgain} read again\n`)
  expect(result.contradicted).toEqual([])
  expect(result.scored).toEqual(expected.scored)
  expect(result.profiles).toEqual(expected.profiles)
  expect(result.baselines).toEqual(expected.baselines)
  expect(result.seriesCounts).toEqual(expected.seriesCounts)
  const counted = result.seriesCounts.filter(({ series }) => series === 'events:all').reduce((sum, { count }) => sum + Number(count), 0)
  expect(counted).toBe(records.length)
  // That the run was disturbed indeed.
  expect(kills).toBeGreaterThan(3)
  expect(result.repeats).toBeGreaterThan(0)
  expect(forgotten).toBeGreaterThan(200)
  expect(fetchedAgain).toBeGreaterThan(200)
}, 180_000)
