import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isMap, parseAllDocuments, stringify, type Document } from 'yaml'
import type { Finding } from './manifest.ts'
import { renderChart, type Deployment } from './render-chart.ts'

/** Text of each file of deployment/kubernetes/base, by name. */
export type PlainFiles = Readonly<Record<string, string>>

const head = '# Rendered from the chart by `npm run check:deploy -- --write`: change the chart, or ../chart-values.yaml, and run it again.\n'

/** The chart rendered with the values for plain manifests, without what is Helm's own: one file per service. */
export async function renderPlainBase(deployment: Pick<Deployment, 'root' | 'chart' | 'plain' | 'tools'>): Promise<PlainFiles> {
  return splitByService(await renderChart(deployment, ['--values', join(deployment.plain, 'chart-values.yaml')]))
}

/** Rendered documents as files named for the service they belong to, and the kustomization that lists them. */
export function splitByService(rendered: string): PlainFiles {
  const files = new Map<string, string[]>()
  for (const document of parseAllDocuments(rendered)) {
    if (!isMap(document.contents)) continue
    dropWhatIsHelms(document)
    const name = String(document.getIn(['metadata', 'labels', 'app.kubernetes.io/component']))
    const own = files.get(name) ?? []
    files.set(name, own)
    own.push(document.toString({ lineWidth: 0, directives: false }).replace(/^#? ?Source: .*\n+/gm, ''))
  }
  const named = [...files].sort(([a], [b]) => a.localeCompare(b)).map(([name, texts]) => [`${name}.yaml`, `${head}${texts.map((text) => `---\n${text.trim()}\n`).join('')}`] as const)
  const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: named.map(([name]) => name) }
  return { 'kustomization.yaml': `${head}${stringify(kustomization)}`, ...Object.fromEntries(named) }
}

function dropWhatIsHelms(document: Document): void {
  document.commentBefore = null
  if (isMap(document.contents)) document.contents.commentBefore = document.contents.commentBefore?.replace(/^ ?Source: .*\n?/m, '') || null
  for (const key of ['helm.sh/chart', 'app.kubernetes.io/managed-by']) document.deleteIn(['metadata', 'labels', key])
  const annotations = document.getIn(['metadata', 'annotations'])
  if (!isMap(annotations)) return
  annotations.items = annotations.items.filter(({ key }) => !String(key).startsWith('helm.sh/'))
  if (annotations.items.length === 0) document.deleteIn(['metadata', 'annotations'])
}

/** Where the files differ from what the chart gives. */
export function comparePlainBase(plain: string, files: PlainFiles): readonly Finding[] {
  const folder = join(plain, 'base')
  const present = existsSync(folder) ? readdirSync(folder) : []
  const again = 'run npm run check:deploy -- --write, or undo the change'
  const differing = Object.entries(files).flatMap(([name, text]) => {
    if (!present.includes(name)) return [{ manifest: `base/${name}`, path: '', reason: `is missing: ${again}` }]
    const lines = readFileSync(join(folder, name), 'utf8').split('\n')
    const line = text.split('\n').findIndex((wanted, index) => lines[index] !== wanted)
    if (line < 0 && lines.length === text.split('\n').length) return []
    return [{ manifest: `base/${name}`, path: `line ${(line < 0 ? lines.length : line) + 1}`, reason: `isn't what the chart gives: ${again}` }]
  })
  const foreign = present.filter((name) => !Object.hasOwn(files, name))
  return [...differing, ...foreign.map((name) => ({ manifest: `base/${name}`, path: '', reason: "isn't from the chart" }))]
}

/** Writes the files anew. */
export async function writePlainBase(plain: string, files: PlainFiles): Promise<void> {
  const folder = join(plain, 'base')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)))
}
