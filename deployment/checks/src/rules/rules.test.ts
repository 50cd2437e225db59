import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { declaredBy } from '../declared-settings.ts'
import { readManifests, type Finding } from '../manifest.ts'
import { checkContainers } from './containers.ts'
import { checkNames } from './names.ts'
import { checkNetwork } from './network.ts'
import { checkReferences } from './references.ts'
import { checkRoutes } from './routes.ts'
import { checkScaling } from './scaling.ts'
import { checkSelectors } from './selectors.ts'
import { checkSettings } from './settings.ts'

const labels = '{ app.kubernetes.io/component: shelf, version: stable }'
const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: shelf }
spec:
  replicas: 2
  selector: { matchLabels: ${labels} }
  template:
    metadata: { labels: ${labels} }
    spec:
      serviceAccountName: shelf
      automountServiceAccountToken: false
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: shelf
          image: shelf:1
          ports: [{ name: http, containerPort: 8100 }]
          envFrom: [{ configMapRef: { name: shelf-settings } }]
          env: [{ name: DATABASE_URL, valueFrom: { secretKeyRef: { name: shelf-database, key: DATABASE_URL } } }]
          startupProbe: { httpGet: { path: /healthz, port: http } }
          livenessProbe: { httpGet: { path: /healthz, port: http } }
          readinessProbe: { httpGet: { path: /readyz, port: http } }
          resources: { requests: { cpu: 1m, memory: 1Mi }, limits: { memory: 1Mi } }
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
`
const canary = deployment.replace('name: shelf }', 'name: shelf-canary }').replaceAll('version: stable', 'version: canary')
const account = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: shelf }
`
const configMap = `
apiVersion: v1
kind: ConfigMap
metadata: { name: shelf-settings }
data: { LOG_LEVEL: info }
`
const service = `
apiVersion: v1
kind: Service
metadata: { name: shelf }
spec:
  selector: { app.kubernetes.io/component: shelf }
  ports: [{ name: http, port: 80, targetPort: http }]
`
const routes = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shelf }
spec: { host: shelf, subsets: [{ name: stable, labels: { version: stable } }, { name: canary, labels: { version: canary } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shelf }
spec:
  hosts: [shelf]
  http:
    - route:
        - { destination: { host: shelf, subset: stable, port: { number: 80 } }, weight: 90 }
        - { destination: { host: shelf, subset: canary, port: { number: 80 } }, weight: 10 }
`
const policies = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: shelf }
spec:
  podSelector: { matchLabels: { app.kubernetes.io/component: shelf } }
  policyTypes: [Ingress, Egress]
  ingress: [{ ports: [{ port: 8100 }], from: [{ podSelector: { matchLabels: { app.kubernetes.io/component: shelf } } }] }]
  egress: [{ ports: [{ port: 53, protocol: UDP }] }, { ports: [{ port: 8100 }], to: [{ podSelector: { matchLabels: { app.kubernetes.io/component: shelf } } }] }]
`

function manifestsOf(...texts: readonly string[]) {
  const { manifests, findings } = readManifests(texts.join('\n---\n'))
  expect(findings).toEqual([])
  return manifests
}

const reasons = (findings: readonly Finding[]) => findings.map(({ reason }) => reason)

/** A manifest with one thing said otherwise; that it was there is part of the test. */
function altered(text: string, from: string, to: string): string {
  expect(text).toContain(from)
  return text.replace(from, to)
}

test('a pod that is restricted, limited and probed passes', () => {
  expect(checkContainers(manifestsOf(deployment))).toEqual([])
})

test.each([
  ['runAsNonRoot: true', 'runAsNonRoot: false', 'runAsNonRoot is not true'],
  ['type: RuntimeDefault', 'type: Unconfined', 'seccompProfile is not RuntimeDefault'],
  ['automountServiceAccountToken: false', 'automountServiceAccountToken: true', 'automountServiceAccountToken is not false'],
  ['allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true', 'allowPrivilegeEscalation is not false'],
  ['readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', 'readOnlyRootFilesystem is not true'],
  ['drop: [ALL]', 'drop: [NET_RAW]', 'keeps capabilities: drop ALL'],
  ['requests: { cpu: 1m, memory: 1Mi }, ', '', 'requests no cpu or no memory'],
  ['limits: { memory: 1Mi }', 'limits: {}', 'has no limit of memory'],
  ['image: shelf:1', 'image: shelf', 'has an image without a version: shelf'],
  ['startupProbe:', 'other:', 'has no startupProbe'],
  ['livenessProbe:', 'other:', 'has no livenessProbe'],
  ['path: /readyz, port: http', 'path: /readyz, port: web', "readinessProbe asks port web, which the container doesn't have"],
])('with %s as %j it is found', (from, to, reason) => {
  expect(reasons(checkContainers(manifestsOf(altered(deployment, from, to))))).toEqual([reason])
})

test('a selector that misses its own pods, a Service without pods and a port without a container are found', () => {
  expect(checkSelectors(manifestsOf(deployment, canary, service))).toEqual([])
  const missing = altered(deployment, `matchLabels: ${labels}`, 'matchLabels: { app: other }')
  expect(reasons(checkSelectors(manifestsOf(missing)))).toEqual(["doesn't match the labels of its own pods"])
  expect(reasons(checkSelectors(manifestsOf(deployment, altered(service, 'component: shelf', 'component: other'))))).toEqual(['selects no pod'])
  expect(reasons(checkSelectors(manifestsOf(deployment, altered(service, 'targetPort: http', 'targetPort: web'))))).toEqual(["leads to port web, which Deployment/shelf doesn't have"])
})

test('two Deployments that would fight for the same pods are found', () => {
  const greedy = altered(deployment, `matchLabels: ${labels}`, 'matchLabels: { app.kubernetes.io/component: shelf }')
  expect(reasons(checkSelectors(manifestsOf(greedy, canary)))).toEqual(['also takes the pods of Deployment/shelf-canary'])
})

test('a secret is there with the key that is read, or documented with it', () => {
  const manifests = manifestsOf(deployment, account, configMap)
  expect(checkReferences(manifests, { 'shelf-database': ['DATABASE_URL'] })).toEqual([])
  expect(reasons(checkReferences(manifests, { 'shelf-database': ['URL'] }))).toEqual(['Secret shelf-database has no key DATABASE_URL'])
  expect(reasons(checkReferences(manifests, {}))).toEqual(['there is no Secret shelf-database'])
  expect(reasons(checkReferences(manifestsOf(deployment, account), { 'shelf-database': ['DATABASE_URL'] }))).toEqual(['there is no ConfigMap shelf-settings'])
})

test("a setting that the service doesn't read, one it refuses, one it misses and one that is set twice are found", () => {
  const declared = new Map([['shelf', declaredBy(z.object({ LOG_LEVEL: z.enum(['info']), DATABASE_URL: z.url() }))]])
  const checked = (text: string, pod = deployment) => reasons(checkSettings(manifestsOf(pod, text), declared))
  expect(checked(configMap)).toEqual([])
  expect(checked(altered(configMap, 'info }', 'info, LOG_LEVLE: info }'))).toEqual(["sets LOG_LEVLE, which shelf doesn't read"])
  expect(checked(altered(configMap, 'info', 'inof'))).toEqual([expect.stringMatching(/^LOG_LEVEL: /)])
  expect(checked(altered(configMap, 'LOG_LEVEL: info', ''))).toEqual([expect.stringMatching(/^LOG_LEVEL: /)])
  expect(checked(configMap, altered(deployment, 'env: [', 'env: [{ name: LOG_LEVEL, value: info }, '))).toEqual(['sets LOG_LEVEL twice'])
})

test('an autoscaler and fixed replicas, and a budget that keeps nodes from being drained, are found', () => {
  const autoscaler = 'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: shelf }\nspec: { scaleTargetRef: { kind: Deployment, name: shelf }, minReplicas: 2, maxReplicas: 3 }'
  const budget = 'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: shelf }\nspec: { minAvailable: 1, selector: { matchLabels: { app.kubernetes.io/component: shelf } } }'
  const free = altered(deployment, 'replicas: 2', 'minReadySeconds: 1')
  expect(checkScaling(manifestsOf(free, autoscaler, budget))).toEqual([])
  expect(reasons(checkScaling(manifestsOf(deployment, autoscaler)))).toEqual([expect.stringContaining('an autoscaler decides it')])
  expect(reasons(checkScaling(manifestsOf(free, altered(autoscaler, 'minReplicas: 2', 'minReplicas: 4'))))).toEqual(['is above maxReplicas, 3'])
  expect(reasons(checkScaling(manifestsOf(deployment, altered(budget, 'minAvailable: 1', 'minAvailable: 2'))))).toEqual(['is all of the 2 pods: nodes could not be drained'])
  expect(reasons(checkScaling(manifestsOf(deployment, altered(budget, 'minAvailable: 1', 'maxUnavailable: 0'))))).toEqual(['no pod may ever be moved: nodes could not be drained'])
})

test('weights that are not 100, subsets without pods and hosts without a Service are found', () => {
  expect(checkRoutes(manifestsOf(deployment, canary, service, routes))).toEqual([])
  expect(reasons(checkRoutes(manifestsOf(deployment, canary, service, altered(routes, 'weight: 90', 'weight: 95'))))).toEqual(['weights sum to 105, not 100'])
  expect(reasons(checkRoutes(manifestsOf(deployment, service, routes)))).toEqual(['no pod is in the subset canary'])
  expect(reasons(checkRoutes(manifestsOf(deployment, canary, service, altered(routes, 'subset: canary', 'subset: next'))))).toEqual(['no DestinationRule has the subset next of shelf'])
  expect(reasons(checkRoutes(manifestsOf(deployment, canary, service, altered(routes, 'number: 80', 'number: 81'))))).toEqual(['Service shelf has no port 81'])
})

test('a pod without a policy, without names, open at a foreign port, or behind a door that is open at one end is found', () => {
  expect(checkNetwork(manifestsOf(deployment, policies))).toEqual([])
  expect(checkNetwork(manifestsOf(deployment))).toEqual([])
  const elsewhere = altered(policies, 'podSelector: { matchLabels: { app.kubernetes.io/component: shelf } }\n', 'podSelector: { matchLabels: { app: other } }\n')
  expect(reasons(checkNetwork(manifestsOf(deployment, elsewhere)))).toEqual(['no network policy limits its ingress', 'no network policy limits its egress', 'may not ask for names (DNS)'])
  expect(reasons(checkNetwork(manifestsOf(deployment, altered(policies, 'port: 53', 'port: 54'))))).toEqual(['may not ask for names (DNS)'])
  expect(reasons(checkNetwork(manifestsOf(deployment, altered(policies, 'ports: [{ port: 8100 }], from', 'ports: [{ port: 8101 }], from'))))).toEqual([
    "is opened at port 8101, which it doesn't have",
    "may reach shelf at 8100, which doesn't let it in",
  ])
})

test('illegal names of objects, labels and ports are found', () => {
  expect(checkNames(manifestsOf(deployment, service))).toEqual([])
  expect(reasons(checkNames(manifestsOf(altered(service, 'name: shelf }', 'name: Shelf_1 }'))))).toEqual(['Shelf_1 is no legal name'])
  expect(reasons(checkNames(manifestsOf(altered(deployment, 'name: http, containerPort', 'name: a-very-long-name-of-a-port, containerPort'))))).toEqual(['a-very-long-name-of-a-port is no legal name of a port'])
})
