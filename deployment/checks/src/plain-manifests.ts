import { parseAllDocuments } from 'yaml'

interface Plain {
  readonly kind?: string
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> }
}

const heading = '# Rendered from charts/ott-compliance with deployment/kubernetes/values.yaml by: npm run check:deploy -- --write\n'

/**
 * What the chart renders, as plain manifests: without what only Helm understands, and the job that prepares an
 * installation apart, since it has to be done before the rest.
 */
export function plainManifests(rendered: string): ReadonlyMap<string, string> {
  const documents = parseAllDocuments(rendered).filter((document) => document.contents !== null)
  const texts = documents.map((document) => {
    for (const path of [['metadata'], ['spec', 'template', 'metadata']]) withoutHelm(document, path)
    // Kustomize says to which namespace things go.
    document.deleteIn(['metadata', 'namespace'])
    return { isPreparation: isPreparation(document.toJS() as Plain), text: document.toString({ lineWidth: 0 }).replace(/^---\n/, '').replace(/^# Source: .*\n/gm, '').trimEnd() }
  })
  const join = (isWanted: boolean) => `${heading}${texts.filter((each) => each.isPreparation === isWanted).map(({ text }) => text).join('\n---\n')}\n`
  return new Map([
    ['prepare.yaml', join(true)],
    ['services.yaml', join(false)],
  ])
}

function isPreparation({ metadata }: Plain): boolean {
  return metadata.name === 'prepare'
}

function withoutHelm(document: ReturnType<typeof parseAllDocuments>[number], path: readonly string[]): void {
  for (const [field, names] of [
    ['labels', ['helm.sh/chart', 'app.kubernetes.io/managed-by']],
    ['annotations', ['helm.sh/hook', 'helm.sh/hook-weight', 'helm.sh/hook-delete-policy', 'helm.sh/resource-policy']],
  ] as const) {
    if (!document.hasIn([...path, field])) continue
    for (const name of names) document.deleteIn([...path, field, name])
    const left = document.toJS() as Record<string, unknown>
    const rest = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], left) as Record<string, object>
    if (Object.keys(rest[field] ?? {}).length === 0) document.deleteIn([...path, field])
  }
}
