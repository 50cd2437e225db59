import { readdir, readFile } from 'node:fs/promises'
import { parseRegulationPack, RegulationPackError, type RegulationPack } from './regulation-pack.ts'

/** The packs that come with the product. */
export const builtinPacksFolder = new URL('../packs/', import.meta.url)

/**
 * Reads every `*.yaml` of a folder, in the order of their names.
 * @param folder URL of the folder, with a slash at the end
 * @throws {RegulationPackError} with the problems of all files together
 */
export async function loadPacks(folder: URL = builtinPacksFolder): Promise<RegulationPack[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort()
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')))
  const problems = []
  const packs: RegulationPack[] = []
  for (const [index, file] of files.entries()) {
    try {
      packs.push(parseRegulationPack(texts[index] ?? '', file))
    } catch (error) {
      if (!(error instanceof RegulationPackError)) throw error
      problems.push(...error.problems)
    }
  }
  if (problems.length > 0) throw new RegulationPackError(problems)
  return packs
}
