import { getHeapStatistics } from 'node:v8'
import { parseArgs } from 'node:util'
import { priorBaseline } from '@ott/anomaly/baseline'
import { judgeRisk } from '@ott/anomaly/judge-risk'
import { decodeProfile, encodeProfile } from '@ott/anomaly/profile-codec'
import type { RiskProfile } from '@ott/anomaly/risk-profile'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { beginBatch, changeProfile, createPartitionProfiles, profileInWork, takeChanges, takeUp, type PartitionProfiles } from '@ott/ml-scoring/partition-profiles'
import { createSubjectBudget } from '@ott/ml-scoring/subject-budget'
import { median, peakMemoryMb } from './process-figures.ts'

/**
 * `npm run bench -- --stage subjects`: a million viewers in the memory of one process, without broker and database. Each has
 * watched for a week; then events of theirs come in batches, with a snapshot after some of them, as in the service.
 */
const { values } = parseArgs({
  options: {
    stage: { type: 'string' },
    subjects: { type: 'string', default: '1000000' },
    events: { type: 'string', default: '400000' },
    partitions: { type: 'string', default: '6' },
  },
})
const [subjects, events, partitionCount] = [values.subjects, values.events, values.partitions].map(Number) as [number, number, number]
const print = (line: string) => process.stdout.write(`${line}\n`)
const random = seededRandom(1)
const startMs = Date.UTC(2026, 2, 1)
const endMs = startMs + 7 * 86_400_000

/** What a viewer does: streams, and now and then signs in, mistypes, looks at an account or goes away. */
function anEvent(atMs: number) {
  const kind = ['signin.succeeded', 'signin.failed', 'api.requested', 'consent.changed'][random.below(40)] ?? 'playback.started'
  const location = { latitude: 40 + random.below(15), longitude: random.below(20) }
  return { type: `com.ott.${kind}.v1`, time: new Date(atMs).toISOString(), data: { status: 200, location } }
}

/** After a week of one to three evenings an hour or two long each. */
function anOrdinaryProfile(): RiskProfile {
  let profile: RiskProfile | undefined
  for (let day = 0; day < 7; day++) {
    if (day < 6 && random.below(3) === 0) continue
    const eveningMs = startMs + day * 86_400_000 + (17 + random.below(5)) * 3_600_000
    for (let minute = 0; minute < 30 + random.below(90); minute += 2 + random.below(8)) profile = judgeRisk(profile, priorBaseline, anEvent(eveningMs + minute * 60_000), random.below(60) === 0 ? 1 : 0).profile
  }
  return profile as RiskProfile
}

function heapMb(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1_048_576
}

const samples = Array.from({ length: 2_000 }, anOrdinaryProfile)
print(`a profile: ${median(samples.map((each) => JSON.stringify(each).length))} bytes as JSON, ${median(samples.map((each) => encodeProfile(each).length))} as bytes (medians)`)
const before = heapMb()
const decoded = samples.flatMap((each) => Array.from({ length: 20 }, () => decodeProfile(encodeProfile(each))))
print(`in work or changed, ${Math.round(((heapMb() - before) * 1_048_576) / decoded.length)} bytes of heap each`)
decoded.length = 0

/** As long as a UUID, and made anew each time, as it is read from each event. */
const nameOf = (place: number) => Buffer.from(`${place.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`).toString('latin1')
const tenantOf = () => Buffer.from('acme').toString('latin1')
const emptyMb = heapMb()
const memories = Array.from({ length: partitionCount }, (_, partition): PartitionProfiles => createPartitionProfiles({ topic: 'bench', partition, owner: 'bench' }))
const budget = createSubjectBudget(subjects)
for (const memory of memories) budget.add(memory)
const memoryOf = (place: number) => memories[place % partitionCount]!
const snapshot = () => {
  for (const memory of memories) takeChanges(memory).written()
  return budget.forgetIdle()
}

const filledAtMs = performance.now()
for (let place = 0; place < subjects; place++) {
  // Read back from bytes, so that no two viewers share what a sample holds.
  changeProfile(memoryOf(place), { tenantId: tenantOf(), subject: nameOf(place), profile: decodeProfile(encodeProfile(samples[place % samples.length]!)) })
  if (place % 20_000 === 0) snapshot()
  if (place % 1_000 === 0) for (const memory of memories) beginBatch(memory, [])
}
snapshot()
for (const memory of memories) beginBatch(memory, [])
const filledSeconds = (performance.now() - filledAtMs) / 1_000
const held = budget.held()
const perSubject = ((heapMb() - emptyMb) * 1_048_576) / (held.changed + held.idle)
print(`${held.idle} viewers held: ${Math.round(perSubject)} bytes of heap each, key and place in the map included; heap ${Math.round(heapMb())} MB of at most ${Math.round(getHeapStatistics().heap_size_limit / 1_048_576)}, RSS ${Math.round(process.memoryUsage().rss / 1_048_576)} MB; filled in ${filledSeconds.toFixed(1)} s`)

const batchSize = 200
const pauses: number[] = []
const workedAtMs = performance.now()
let judged = 0
for (let batch = 0; judged < events; batch++) {
  const memory = memoryOf(batch)
  const viewers = Array.from({ length: batchSize }, () => {
    const place = random.below(Math.floor(subjects / partitionCount)) * partitionCount + (batch % partitionCount)
    return { tenantId: tenantOf(), subject: nameOf(place) }
  })
  takeUp(memory, beginBatch(memory, viewers).map((viewer) => ({ ...viewer, profile: undefined })))
  for (const viewer of viewers) {
    const { profile } = judgeRisk(profileInWork(memory, viewer), priorBaseline, anEvent(endMs + (judged++ * 3_600_000) / events), 0)
    changeProfile(memory, { ...viewer, profile })
  }
  if (judged % 24_000 < batchSize) {
    const startedMs = performance.now()
    snapshot()
    pauses.push(performance.now() - startedMs)
  }
}
const workedSeconds = (performance.now() - workedAtMs) / 1_000
print(`${judged} events of viewers at random: ${Math.round(judged / workedSeconds)} a second in memory alone; a snapshot's viewers put away in ${median(pauses).toFixed(0)} ms (median), ${Math.max(...pauses).toFixed(0)} at most`)

const smaller = createSubjectBudget(Math.floor(subjects / 2))
for (const memory of memories) smaller.add(memory)
const forgettingAtMs = performance.now()
const forgotten = smaller.forgetIdle()
print(`${forgotten} of them forgotten in ${(performance.now() - forgettingAtMs).toFixed(0)} ms; peak RSS ${await peakMemoryMb(process.pid)} MB`)
