import { expect, test } from '@jest/globals'
import { judgeManifests, type Surroundings } from './judge-manifests.ts'
import { readManifests } from './manifest.ts'

const surroundings: Surroundings = { settings: new Map([['shelf', new Set(['PORT', 'WIDTH'])]]), externalSecrets: new Set(['shelf-database']) }

/** A service as it should be. `change` spoils it: text to replace, and what it becomes. */
const good = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: shelf }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: shelf-settings }
data: { PORT: '80', WIDTH: '3', OTEL_SDK_DISABLED: 'true' }
---
apiVersion: v1
kind: Service
metadata: { name: shelf }
spec:
  selector: { app.kubernetes.io/component: shelf }
  ports: [{ name: http, port: 80, targetPort: http }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: shelf }
spec: { podSelector: { matchLabels: { app.kubernetes.io/component: shelf } } }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: shelf }
spec: { maxUnavailable: 1, selector: { matchLabels: { app.kubernetes.io/component: shelf } } }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: shelf }
spec: { scaleTargetRef: { name: shelf }, minReplicas: 2, maxReplicas: 3 }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shelf }
spec: { host: shelf, subsets: [{ name: stable, labels: { version: stable } }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shelf }
spec: { http: [{ route: [{ destination: { host: shelf, subset: stable }, weight: 100 }] }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: shelf }
spec:
  selector: { matchLabels: { app.kubernetes.io/component: shelf } }
  template:
    metadata: { labels: { app.kubernetes.io/component: shelf, version: stable } }
    spec:
      serviceAccountName: shelf
      automountServiceAccountToken: false
      securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: shelf
          image: shelf:1.0.0
          ports: [{ name: http, containerPort: 80 }]
          envFrom: [{ configMapRef: { name: shelf-settings } }]
          env: [{ name: DATABASE_URL, valueFrom: { secretKeyRef: { name: shelf-database, key: DATABASE_URL } } }]
          startupProbe: {}
          livenessProbe: {}
          readinessProbe: {}
          resources: { requests: { cpu: 1m, memory: 1Mi }, limits: { memory: 1Mi } }
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
`
const judge = (text: string) => judgeManifests(readManifests(text), surroundings)

test('a service as it should be has no fault', () => {
  expect(judge(good)).toEqual([])
})

test.each([
  ['runAsNonRoot: true', 'runAsNonRoot: false', 'Deployment shelf: its pods must run as non-root'],
  ['type: RuntimeDefault', 'type: Unconfined', 'Deployment shelf: its pods must have the seccomp profile RuntimeDefault'],
  ['automountServiceAccountToken: false', 'automountServiceAccountToken: true', 'Deployment shelf: its pods must get no token'],
  ['serviceAccountName: shelf', 'serviceAccountName: other', 'Deployment shelf: ServiceAccount other is not made'],
  ['allowPrivilegeEscalation: false', 'allowPrivilegeEscalation: true', 'Deployment shelf: shelf must not escalate privileges'],
  ['readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', 'Deployment shelf: shelf must have a read-only root'],
  ['drop: [ALL]', 'drop: [NET_RAW]', 'Deployment shelf: shelf must drop all capabilities'],
  ['limits: { memory: 1Mi }', 'limits: {}', 'Deployment shelf: shelf must ask for CPU and memory and bound its memory'],
  ['shelf:1.0.0', 'shelf:latest', 'Deployment shelf: shelf must have an image of a certain version'],
  ['shelf:1.0.0', 'registry:5000/shelf', 'Deployment shelf: shelf must have an image of a certain version'],
  ['livenessProbe: {}', 'workingDir: /', 'Deployment shelf: shelf must have a livenessProbe'],
  ['targetPort: http', 'targetPort: web', 'Service shelf: no container of its pods has the port web'],
  ["  selector: { app.kubernetes.io/component: shelf }", '  selector: { app.kubernetes.io/component: other }', 'Service shelf selects no pod'],
  ['selector: { matchLabels: { app.kubernetes.io/component: shelf } } }', 'selector: { matchLabels: { app.kubernetes.io/component: other } } }', 'PodDisruptionBudget shelf selects no pod'],
  ['name: shelf-settings } }]', 'name: shelf-setting } }]', 'Deployment shelf: ConfigMap shelf-setting is neither made nor listed as given'],
  ['name: shelf-database,', 'name: database,', 'Deployment shelf: Secret database is neither made nor listed as given'],
  ["WIDTH: '3'", "WIDHT: '3'", 'ConfigMap shelf-settings: shelf reads no setting WIDHT'],
  ['podSelector: { matchLabels: { app.kubernetes.io/component: shelf } }', 'podSelector: {}', 'Deployment shelf: no network policy of its own covers its pods'],
  ['minReplicas: 2', 'minReplicas: 4', 'HorizontalPodAutoscaler shelf: its least is above its most'],
  ['scaleTargetRef: { name: shelf }', 'scaleTargetRef: { name: other }', 'HorizontalPodAutoscaler shelf scales nothing that is made'],
  ['spec:\n  selector: { matchLabels', 'spec:\n  replicas: 2\n  selector: { matchLabels', 'HorizontalPodAutoscaler shelf: Deployment shelf names its replicas, too: each release would set them back'],
  ['weight: 100', 'weight: 90', 'VirtualService shelf: its weights sum to 90, not 100'],
  ['subset: stable }', 'subset: canary }', 'VirtualService shelf: nothing is made for the subset canary of shelf'],
])('"%s" spoilt to "%s" is found', (from, to, fault) => {
  expect(good).toContain(from)
  expect(judge(good.replace(from, to))).toContain(fault)
})

test('what is no object of Kubernetes is named by its place', () => {
  expect(() => readManifests('kind: Service\nmetadata: { name: x }')).toThrow('document 1 is no object of Kubernetes: apiVersion')
})
