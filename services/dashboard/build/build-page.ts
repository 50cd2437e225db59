import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { build } from 'vite'
import { builtInto, dashboardFolder, hashOfSources, isPageBuilt, sourcesNote } from './page-sources.ts'

/** `npm run build -w @ott/dashboard`: builds into a folder beside and then puts it in place, so that a page is there whole or not at all. */
// Whatever it is where this runs: libraries bundle what they need to be debugged otherwise, and are several times slower.
process.env['NODE_ENV'] = 'production'
const work = `${builtInto}-${process.pid}`
try {
  const hash = await hashOfSources()
  await build({ configFile: join(dashboardFolder, 'vite.config.mjs'), build: { outDir: work } })
  await compressAll(join(work, 'assets'))
  await writeFile(join(work, sourcesNote), hash)
  await putInPlace()
} finally {
  await rm(work, { recursive: true, force: true })
}

/** Once, at the highest level, rather than at every request. */
async function compressAll(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const plain = await readFile(join(folder, name))
    const br = await promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } })
    await writeFile(join(folder, `${name}.br`), br)
    await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(plain, { level: 9 }))
  }
}

/** Another build may be doing the same at this moment; either result will do when both are of the same sources. */
async function putInPlace(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rm(builtInto, { recursive: true, force: true })
      await rename(work, builtInto)
      return
    } catch (error) {
      if (await isPageBuilt()) return
      if (attempt >= 5) throw error
    }
  }
}
