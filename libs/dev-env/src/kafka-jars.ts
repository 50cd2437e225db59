import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reasonOf, runCommand } from './run-command.ts'
import { StartError } from './start-error.ts'

const pom = fileURLToPath(new URL('../kafka/pom.xml', import.meta.url))
const cache = fileURLToPath(new URL('../../../node_modules/.cache/ott-kafka/', import.meta.url))

/** Where the jars are, or will be: a folder named after the pom, so that another version is another folder. */
export function kafkaJarsFolder(): string {
  return join(cache, createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 16))
}

/** Whether the broker's jars have been downloaded before. The folder appears at once and complete. */
export function haveKafkaJars(): boolean {
  return existsSync(kafkaJarsFolder())
}

/** Downloads Apache Kafka with Maven, 54 MB, unless that has been done. Returns the folder of jars. */
export async function kafkaJars(log: (line: string) => void, signal?: AbortSignal): Promise<string> {
  const folder = kafkaJarsFolder()
  if (existsSync(folder)) return folder
  log('downloading Apache Kafka with Maven (once)')
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  try {
    const result = await runCommand('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`], {
      cwd: dirname(pom),
      signal,
    })
    signal?.throwIfAborted()
    if (result.missing) throw new StartError('Maven (mvn) is needed to download Apache Kafka: install it, or start Docker')
    if (result.code !== 0) throw new StartError(`Maven couldn't download Apache Kafka: ${reasonOf(result)}`)
    try {
      renameSync(unfinished, folder)
    } catch (error) {
      // Another start was faster, and its folder is as good.
      if (!existsSync(folder)) throw error
    }
    return folder
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}
