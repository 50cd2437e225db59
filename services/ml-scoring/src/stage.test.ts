import { expect, test } from '@jest/globals'
import { priorBaseline } from '@ott/anomaly/baseline'
import type { LearnedDetectors } from '@ott/anomaly/risk-with-models'
import type { EventScored } from '@ott/contracts/event-scored'
import { failedSignIn } from '../test/assessed-fixture.ts'
import { createPartitionProfiles, type Holding, type Viewer } from './partition-profiles.ts'
import type { ProfileStore } from './profile-store.ts'
import { nothingLearned } from './scoring/event-models.ts'
import { scoreEvent, scoringStage, type KnownRisk } from './stage.ts'

const unknown: KnownRisk = { profile: undefined, baseline: priorBaseline, models: nothingLearned }

function scored(known: KnownRisk, n: number): { data: EventScored['data']; known: KnownRisk } {
  const { outcome, emits, state } = scoreEvent(failedSignIn(n), known)
  expect([outcome.kind, emits.length]).toEqual(['emitted', 1])
  if (state === undefined) throw new Error('a scored event always leaves a profile')
  return { data: emits[0]?.data as EventScored['data'], known: state }
}

test('repeated failures raise the score past the threshold, led by the factor that measures them', () => {
  let known = unknown
  const scores: number[] = []
  let last: EventScored['data'] | undefined
  for (let n = 0; n < 6; n++) {
    const result = scored(known, n)
    known = result.known
    last = result.data
    scores.push(result.data.risk.score)
  }
  expect(scores[0]).toBeLessThan(0.7)
  expect(scores.at(-1)).toBeGreaterThanOrEqual(0.7)
  expect(last?.risk.factors.find(({ name }) => name === 'signInFailures')).toMatchObject({ value: 6 })
})

test('contributions sum to the score, and everything the event came with goes on untouched', () => {
  const { data } = scored(scored(unknown, 0).known, 1)
  expect(data.risk.factors.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(data.risk.score, 12)
  expect(data).toMatchObject({ event: { id: 'e-1' }, ruleSetVersion: 'test-1', findings: [] })
})

test('the same event, profile and baseline give the same bytes and change nothing that was passed in', () => {
  const known = scored(unknown, 0).known
  const before = JSON.stringify(known)
  expect(JSON.stringify(scoreEvent(failedSignIn(1), known))).toBe(JSON.stringify(scoreEvent(failedSignIn(1), known)))
  expect(JSON.stringify(known)).toBe(before)
})

test('a batch asks the store once for the viewers it does not hold, and remembers what it decided', async () => {
  const asked: string[][] = []
  const store = {
    fetch: async (_holding: Holding, wanted: readonly Viewer[]) => {
      asked.push(wanted.map(({ tenantId, subject }) => `${tenantId}:${subject}`))
      return wanted.map((viewer) => ({ ...viewer, profile: undefined }))
    },
  } as unknown as ProfileStore
  const stage = scoringStage(store)
  const memory = createPartitionProfiles({ topic: 'test', partition: 0, owner: 'test' })
  const batch = [failedSignIn(0), failedSignIn(1), failedSignIn(2, { subject: 'viewer-2' })]
  await stage.load(batch, undefined, memory)
  for (const event of batch) {
    const { state } = stage.decide(event, stage.recall(memory, event), memory)
    if (state !== undefined) stage.remember?.(memory, event, state)
  }
  await stage.load([failedSignIn(3)], undefined, memory)
  expect(asked).toEqual([['acme:viewer-1', 'acme:viewer-2']])
  expect([...memory.changed.keys()].sort()).toEqual(['acme:viewer-1', 'acme:viewer-2'])
  expect(memory.changed.get('acme:viewer-1')?.profile.seen).toEqual({ events: 2, hours: 1 })
})

test('what screening found goes on with the event', () => {
  const screening = { classes: ['xss'], findings: [] }
  const received = failedSignIn(0)
  const { emits } = scoreEvent({ ...received, event: { ...received.event, data: { ...received.event.data, screening } } }, unknown)
  expect(emits[0]?.data).toMatchObject({ screening })
  expect(scoreEvent(received, unknown).emits[0]?.data).not.toHaveProperty('screening')
})

/** Says one score of every row. */
function saying(version: string, score: number): LearnedDetectors & { readonly asked: () => number } {
  let asked = 0
  return {
    version,
    isSupervised: false,
    scoreRow() {
      asked += 1
      return score
    },
    attribute: (row) => row.map((_, column) => (column === 0 ? score : 0)),
    asked: () => asked,
  }
}

test('a challenger is held against what the champion said, which is asked once an event', () => {
  const [champion, challenger] = [saying('3', 0.5), saying('4', 0.25)]
  const { state } = scoreEvent(failedSignIn(0), { ...unknown, models: { detectors: champion, challengers: [challenger] } })
  expect(state?.compared).toEqual([{ challenger: '4', champion: 0.5, score: 0.25 }])
  expect([champion.asked(), challenger.asked()]).toEqual([1, 1])
})

test("a viewer's active hour is told of when an event of a later one comes, as that hour ended, and no hour twice", () => {
  let known: KnownRisk = { ...unknown, models: { detectors: saying('3', 0.5), challengers: [] } }
  const told: (number | undefined)[] = []
  for (const [n, hour] of [0, 0, 2, 2, 1, 3].entries()) {
    const received = failedSignIn(n)
    const time = new Date(Date.parse(received.event.data.event.time) + hour * 3_600_000).toISOString()
    const { state } = scoreEvent({ ...received, event: { ...received.event, data: { ...received.event.data, event: { ...received.event.data.event, time } } } }, known)
    if (state === undefined) throw new Error('a scored event always leaves a profile')
    told.push(state.lesson === undefined ? undefined : Math.floor(state.lesson.atMs / 3_600_000) - Math.floor(Date.parse(failedSignIn(0).event.data.event.time) / 3_600_000))
    known = state
  }
  expect(told).toEqual([undefined, undefined, 0, undefined, undefined, 2])
})
