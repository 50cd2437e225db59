import { expect, test } from '@jest/globals'
import { priorBaseline } from '@ott/anomaly/baseline'
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
