import { expect, test } from '@jest/globals'
import { plainManifests } from './plain-manifests.ts'

const rendered = `
---
# Source: chart/templates/x.yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: prepare
  namespace: ott
  labels:
    app.kubernetes.io/name: ott
    helm.sh/chart: ott-1
    app.kubernetes.io/managed-by: Helm
  annotations:
    helm.sh/hook: pre-install
    helm.sh/hook-weight: '0'
---
apiVersion: v1
kind: Service
metadata:
  name: shelf
  annotations:
    keep: me
    helm.sh/resource-policy: keep
`

test('what only Helm understands is left out, the rest stays, and what must be done first is apart', () => {
  const files = plainManifests(rendered)
  const [prepare = '', services = ''] = [files.get('prepare.yaml'), files.get('services.yaml')]
  expect(prepare).toContain('kind: Job')
  expect(prepare).toContain('app.kubernetes.io/name: ott')
  expect(services).toContain('kind: Service')
  expect(services).toContain('keep: me')
  expect(`${prepare}${services}`).not.toMatch(/helm\.sh|managed-by|namespace|Source:|annotations:\s*(\{\}|null)?\n\S/)
})
