import { cpSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { workspaceClosure, type Manifest } from './workspace-closure.ts'

/**
 * `collect-sources.ts ROOT TARGET`: for every service and every program of deployment, TARGET/<folder's name> gets the
 * workspaces it needs to run, at their places; used by the Dockerfile.
 */
const [root = '', target = ''] = process.argv.slice(2)
const folders = globSync('{libs,services,deployment}/*/package.json', { cwd: root }).map(dirname)
const manifests = new Map(folders.map((folder) => [folder, JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest]))

for (const [folder, { name }] of manifests) {
  if (folder.startsWith('libs')) continue
  const needed = workspaceClosure(name, [...manifests.values()])
  for (const [source, manifest] of manifests) {
    if (needed.has(manifest.name)) cpSync(join(root, source), join(target, basename(folder), source), { recursive: true })
  }
}
