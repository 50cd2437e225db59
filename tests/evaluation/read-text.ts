import { readFile, stat } from 'node:fs/promises'
import { StartError } from '@ott/dev-env/start-error'

const bytesMax = 512 * 2 ** 20

/** The text of a file. @throws StartError naming the file when it can't be read, or is too large */
export async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > bytesMax) throw new StartError(`${file} has ${size} bytes, at most ${bytesMax} are read`)
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(`${file} can't be read: ${(error as Error).message}`)
  }
}
