import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const dashboardFolder = fileURLToPath(new URL('..', import.meta.url))
export const builtInto = join(dashboardFolder, 'dist')

/** In what was built: the hash of what it was built from. */
export const sourcesNote = '.sources'

/** What the page is made from: its files, the build's own, and the versions of what it imports. */
export async function hashOfSources(): Promise<string> {
  const folders = ['page', 'build'].map((name) => join(dashboardFolder, name))
  const found = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })))
  const inside = found.flat().filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
  const beside = ['vite.config.mjs', 'package.json', '../../package-lock.json'].map((name) => join(dashboardFolder, name))
  const paths = [...inside.map(({ parentPath, name }) => join(parentPath, name)), ...beside].sort()
  const hash = createHash('sha256')
  for (const path of paths) hash.update(`${relative(dashboardFolder, path)}\n`).update(await readFile(path)).update('\n')
  return hash.digest('hex')
}

/** Whether what was built was built from what is there now. */
export async function isPageBuilt(folder = builtInto): Promise<boolean> {
  const noted = await readFile(join(folder, sourcesNote), 'utf8').catch(() => undefined)
  return noted !== undefined && noted === (await hashOfSources())
}
