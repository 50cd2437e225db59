import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { documentedSecrets } from './documented-secrets.ts'
import { comparePlainBase, splitByService, writePlainBase } from './plain-base.ts'
import { isGoEnough, isSameMinor } from './tools.ts'

const rendered = ['shelf', 'door'].map((name) => `---
# Source: chart/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  labels: { app.kubernetes.io/component: ${name}, app.kubernetes.io/managed-by: Helm, helm.sh/chart: chart-1 }
  annotations: { helm.sh/hook: pre-install }
`).join('')

test('plain manifests are a file per service, with nothing of Helm in them', () => {
  const files = splitByService(rendered)
  expect(Object.keys(files)).toEqual(['kustomization.yaml', 'door.yaml', 'shelf.yaml'])
  expect(files['kustomization.yaml']).toContain('- door.yaml\n  - shelf.yaml\n')
  expect(files['shelf.yaml']).toContain('app.kubernetes.io/component: shelf')
  expect(files['shelf.yaml']).not.toMatch(/helm\.sh|managed-by|Source:|annotations/)
})

test('a file that was changed, is missing or is nobody\'s is named; what was just written is right', async () => {
  const plain = await mkdtemp(join(tmpdir(), 'plain-'))
  try {
    const files = splitByService(rendered)
    expect(comparePlainBase(plain, files).map(({ manifest }) => manifest)).toEqual(['base/kustomization.yaml', 'base/door.yaml', 'base/shelf.yaml'])
    await writePlainBase(plain, files)
    expect(comparePlainBase(plain, files)).toEqual([])
    await writeFile(join(plain, 'base/door.yaml'), (files['door.yaml'] ?? '').replace('kind: Service', 'kind: Servant'))
    await writeFile(join(plain, 'base/more.yaml'), '')
    expect(comparePlainBase(plain, files)).toEqual([
      { manifest: 'base/door.yaml', path: 'line 4', reason: expect.stringContaining("isn't what the chart gives") },
      { manifest: 'base/more.yaml', path: '', reason: "isn't from the chart" },
    ])
  } finally {
    await rm(plain, { recursive: true, force: true })
  }
})

test('the secrets of the table are those that may be made elsewhere', () => {
  expect(documentedSecrets('text\n\n| secret | keys |\n|---|---|\n| `a`, `b` | `K` |\n| `c` | `L`, `M` and more |\n\n`d`\n')).toEqual({ a: ['K'], b: ['K'], c: ['L', 'M'] })
  expect(documentedSecrets('none')).toEqual({})
})

test('a tool of another minor version is not taken', () => {
  expect(isSameMinor('v3.19.4+g1234\n', 'v3.19.0')).toBe(true)
  expect(isSameMinor('v3.19', 'v3.19.0')).toBe(true)
  expect(isSameMinor('v3.20.0', 'v3.19.0')).toBe(false)
  expect(isSameMinor('v4.0.1', 'v3.19.0')).toBe(false)
  expect(isSameMinor('', 'v3.19.0')).toBe(false)
})

test('a Go that is too old to build the tools is not asked to', () => {
  expect(isGoEnough('go version go1.24.0 linux/amd64')).toBe(true)
  expect(isGoEnough('go version go1.26.8 linux/amd64')).toBe(true)
  expect(isGoEnough('go version go1.19.8 linux/amd64')).toBe(false)
  expect(isGoEnough(undefined)).toBe(false)
})
