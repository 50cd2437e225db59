import { workloadsOf } from '../kinds.ts'
import type { Finding, Manifest } from '../manifest.ts'
import { environmentOf, type DeclaredSettings } from './settings.ts'

/** Set only where the chart's value, empty by default, is given: one of the sets of values must show that it is. */
const whenGiven: readonly string[] = ['FEDERATION_CRON', 'KAFKA_TOPIC_PREFIX', 'MODEL_STORE_ENDPOINT']

/** Left out on purpose, by program: what every service may read and this one has no use for. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  // They have no tables.
  router: ['DATABASE_URL'],
  streaming: ['DATABASE_URL'],
}

/**
 * Every setting that a program reads is one that the chart sets: what its values don't show, an operator doesn't find.
 * @param byDefault what the chart gives with its default values
 * @param bySets what it gives with each further set of values
 */
export function checkOfferedSettings(
  byDefault: readonly Manifest[],
  bySets: readonly (readonly Manifest[])[],
  declared: ReadonlyMap<string, DeclaredSettings>,
): readonly Finding[] {
  const usual = namesByProgram(byDefault)
  const further = bySets.map(namesByProgram)
  return [...declared].flatMap(([program, { names }]) => {
    const set = usual.get(program)
    if (set === undefined) return [{ manifest: program, path: '', reason: 'is run by no workload' }]
    const omitted = leftOut[program] ?? []
    const unset = [...names].filter((name) => !set.has(name) && !omitted.includes(name))
    return [
      ...unset.filter((name) => !whenGiven.includes(name)).map((name) => `${name}, which ${program} reads, is set by no default`),
      ...unset.filter((name) => whenGiven.includes(name) && !further.some((each) => each.get(program)?.has(name))).map((name) => `${name}, which ${program} reads, is set by no set of values`),
      ...omitted.filter((name) => set.has(name) || !names.has(name)).map((name) => `${name} needn't be left out for ${program} any more`),
    ].map((reason) => ({ manifest: program, path: '/settings', reason }))
  })
}

function namesByProgram(manifests: readonly Manifest[]): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(workloadsOf(manifests).map((workload) => [workload.component, new Set(environmentOf(workload, manifests).map(([name]) => name))]))
}
