import { readFileSync } from 'node:fs'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkDeployment, type CheckResult } from './check-deployment.ts'
import type { Deployment } from './render-chart.ts'

/** One fault put into a copy, and what the check must say to it. */
interface PlantedFault {
  readonly name: string
  /** In the chart's folder, or the plain manifests' where it begins with `plain/`. */
  readonly file: string
  readonly replace: string
  readonly by: string
  readonly said: RegExp
}

const plantedFaults: readonly PlantedFault[] = [
  { name: 'a misspelled field in a template', file: 'templates/_pod.tpl', replace: '\n      containers:', by: '\n      contianers:', said: /has no field 'contianers'/ },
  { name: 'a misspelled key of values', file: 'ci/production.yaml', replace: '\n  replicas: 3', by: '\n  replica: 3', said: /additional properties 'replica' not allowed/ },
  { name: 'a misspelled name of a service in values', file: 'ci/production.yaml', replace: '\n  ml-scoring:', by: '\n  ml-scorin:', said: /additional properties 'ml-scorin' not allowed/ },
  { name: 'a value of the wrong type', file: 'ci/trial.yaml', replace: 'partitions: 3', by: "partitions: '3'", said: /got string, want integer/ },
  { name: 'a field of the wrong type in a template', file: 'templates/_pod.tpl', replace: 'containerPort: {{ $service.port }}', by: "containerPort: '{{ $service.port }}'", said: /containerPort: must be integer/ },
  { name: 'a misspelled field of Istio', file: 'templates/canary-routes.yaml', replace: 'subset: canary', by: 'subsett: canary', said: /VirtualService\/\S+ .*has no field 'subsett'/ },
  { name: 'a misspelled field of a ServiceMonitor', file: 'templates/monitoring.yaml', replace: 'scrapeTimeout:', by: 'scrapeTimeOut:', said: /has no field 'scrapeTimeOut'/ },
  { name: 'a kind that does not exist', file: 'templates/poddisruptionbudget.yaml', replace: 'kind: PodDisruptionBudget', by: 'kind: PodDisruptionBudgets', said: /there is no kind PodDisruptionBudgets/ },
  { name: 'an old version of an API', file: 'templates/horizontalpodautoscaler.yaml', replace: 'autoscaling/v2', by: 'autoscaling/v2beta2', said: /there is no kind HorizontalPodAutoscaler in autoscaling\/v2beta2/ },
  { name: 'a setting that nobody reads', file: 'ci/production.yaml', replace: 'SNAPSHOT_INTERVAL_MS:', by: 'SNAPSHOT_INTERVALL_MS:', said: /sets SNAPSHOT_INTERVALL_MS, which ml-scoring doesn't read/ },
  { name: 'a setting with a value its service refuses', file: 'values.yaml', replace: 'LOG_LEVEL: info', by: 'LOG_LEVEL: inof', said: /LOG_LEVEL: / },
  { name: 'a setting that no value sets', file: 'values.yaml', replace: "\n      SERIES_LATENESS_MS: '600000'", by: '', said: /SERIES_LATENESS_MS, which ml-scoring reads, is set by no default/ },
  { name: 'more trainings than a pod has memory for', file: 'values.yaml', replace: "TRAININGS_AT_ONCE: '1'", by: "TRAININGS_AT_ONCE: '2'", said: /limits\.memory is 1536Mi, and its settings may take 1683Mi/ },
  { name: 'weights that are more than everything', file: 'templates/canary-routes.yaml', replace: '{{ sub 100 (int $service.canary.weight) }}', by: '100', said: /weights sum to 110/ },
  { name: 'a selector of other pods', file: 'templates/service.yaml', replace: '"ott.selector" $labels', by: '"ott.selector" (dict "root" $ "component" "nobody")', said: /Service\/ingest .*selects no pod/ },
  { name: 'a secret that nobody makes', file: 'templates/_names.tpl', replace: '%s-database', by: '%s-databse', said: /there is no Secret ingest-databse/ },
  { name: 'a container that may write', file: 'templates/_pod.tpl', replace: 'readOnlyRootFilesystem: true', by: 'readOnlyRootFilesystem: false', said: /readOnlyRootFilesystem is not true/ },
  { name: 'a pod that may not ask for names', file: 'templates/networkpolicy.yaml', replace: 'policyTypes: [Egress]', by: 'policyTypes: [Ingress]', said: /may not ask for names/ },
  { name: 'a subgraph that does not let the router in', file: 'templates/networkpolicy.yaml', replace: '{{- if $other.readsSubgraphs }}', by: '{{- if $other.webhooks }}', said: /Deployment\/router.*may reach violation at 8104, which doesn't let it in/ },
  { name: 'plain manifests changed by hand', file: 'plain/base/ingest.yaml', replace: 'replicas: 2', by: 'replicas: 5', said: /base\/ingest\.yaml .*isn't what the chart gives/ },
  { name: 'a misspelled field in an overlay', file: 'plain/overlays/production/autoscaling.yaml', replace: 'maxReplicas:', by: 'maxReplica:', said: /HorizontalPodAutoscaler\/ingest .*has no field 'maxReplica'/ },
]

/** Plants each fault in a copy and tells for which the check stayed green, or said something else. */
export async function* provePlantedFaults(deployment: Deployment, folder: string): AsyncGenerator<{ readonly name: string; readonly said: string | undefined }> {
  const copy = await mkdtemp(join(folder, 'planted-'))
  try {
    for (const fault of plantedFaults) {
      const chart = join(copy, 'chart')
      const plain = join(copy, 'plain')
      await cp(deployment.chart, chart, { recursive: true })
      await cp(deployment.plain, plain, { recursive: true })
      const file = fault.file.startsWith('plain/') ? join(copy, fault.file) : join(chart, fault.file)
      const text = readFileSync(file, 'utf8')
      if (!text.includes(fault.replace)) throw new Error(`${fault.file} has no '${fault.replace}' any more: plant '${fault.name}' elsewhere`)
      await writeFile(file, text.replace(fault.replace, fault.by))
      yield { name: fault.name, said: await firstSaid({ ...deployment, chart, plain }, fault.said) }
    }
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function firstSaid(deployment: Deployment, wanted: RegExp): Promise<string | undefined> {
  for await (const result of checkDeployment(deployment)) {
    const line = linesOf(result).find((each) => wanted.test(each))
    if (line !== undefined) return line
  }
  return undefined
}

/** `Deployment/ingest /spec/replicas: must be integer` */
export function linesOf({ findings }: CheckResult): readonly string[] {
  return findings.map(({ manifest, path, reason }) => `${manifest} ${path}: ${reason}`.replace(' :', ':'))
}
