import { Counter, Gauge, type Registry } from '@ott/telemetry/metrics'
import type { FetchedProfile } from './partition-profiles.ts'
import type { SubjectBudget } from './subject-budget.ts'

/** Told when viewers come into memory and leave it. */
export interface SubjectObserver {
  fetched(profiles: readonly Pick<FetchedProfile, 'profile'>[]): void
  forgotten(count: number): void
}

export function observeSubjects(registry: Registry, budget: Pick<SubjectBudget, 'held'>): SubjectObserver {
  new Gauge({
    name: 'ott_subjects_held',
    help: 'Viewers whose profile is in memory, by whether the database has it as it is.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { changed, idle } = budget.held()
      this.set({ state: 'changed' }, changed)
      this.set({ state: 'idle' }, idle)
    },
  })
  const fetches = new Counter({
    name: 'ott_subjects_fetched_total',
    help: 'Viewers that were looked up because they were not in memory; known: the database had a profile.',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const evictions = new Counter({
    name: 'ott_subjects_evicted_total',
    help: 'Viewers whose profile left the memory because it held too many; the database has it.',
    registers: [registry],
  })
  return {
    fetched(profiles) {
      const known = profiles.reduce((sum, { profile }) => sum + (profile === undefined ? 0 : 1), 0)
      fetches.inc({ outcome: 'known' }, known)
      fetches.inc({ outcome: 'new' }, profiles.length - known)
    },
    forgotten: (count) => evictions.inc(count),
  }
}
