import { realpathSync, rmSync } from 'node:fs'
import { dockerAnswers } from './docker.ts'

/** Removes a data folder that is no longer needed, with the Docker volumes named after it. Its backends must be stopped. */
export async function removeDataFolder(dataDir: string): Promise<void> {
  const path = realpathSync(dataDir)
  if (process.env['OTT_BACKENDS'] !== 'local' && (await dockerAnswers())) {
    const { dockerNameOf, removeVolumes } = await import('./docker-container.ts')
    await removeVolumes([dockerNameOf(path, 'kafka'), dockerNameOf(path, 'postgres')])
  }
  rmSync(path, { recursive: true, force: true })
}
