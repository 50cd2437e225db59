/** The parts of a workspace's package.json that say what it needs to run. */
export interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/**
 * Names of the workspaces that one workspace needs to run, itself included; development dependencies are left out.
 * Pure. Throws when the workspace isn't among the manifests.
 */
export function workspaceClosure(name: string, manifests: readonly Manifest[]): Set<string> {
  const byName = new Map(manifests.map((manifest) => [manifest.name, manifest]))
  if (!byName.has(name)) throw new Error(`${name} is no workspace`)
  const needed = new Set<string>()
  const add = (each: string): void => {
    const manifest = byName.get(each)
    if (manifest === undefined || needed.has(each)) return
    needed.add(each)
    Object.keys(manifest.dependencies ?? {}).forEach(add)
  }
  add(name)
  return needed
}
