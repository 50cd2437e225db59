import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TransientError } from '@ott/pipeline/errors'
import { addressOf, ArtefactError, artefactBytesMax, placeOf, verified, type ArtefactAddress, type ArtefactStore } from './artefact-store.ts'

/**
 * Artefacts as files of a folder, which processes on several machines share as a volume. A file appears under its address whole: it is
 * written beside it, brought to the disk and renamed.
 */
export function openFileArtefactStore(folder: string): ArtefactStore {
  return {
    async put(tenantId, bytes) {
      const address = addressOf(bytes)
      const file = join(folder, placeOf(tenantId, address.sha256))
      // What is there may have been damaged since: it is replaced by the same bytes.
      if (await isKept(file, address)) return address
      const beside = `${file}.${randomUUID()}.part`
      try {
        await mkdir(dirname(file), { recursive: true })
        await writeThrough(beside, bytes)
        await rename(beside, file)
        await syncFolder(dirname(file))
      } catch (error) {
        await rm(beside, { force: true }).catch(() => undefined)
        throw translated(error, 'could not be kept')
      }
      return address
    },
    async get(tenantId, address) {
      return verified(await readBounded(join(folder, placeOf(tenantId, address.sha256)), address), address)
    },
  }
}

async function isKept(file: string, address: ArtefactAddress): Promise<boolean> {
  try {
    verified(await readBounded(file, address), address)
    return true
  } catch {
    return false
  }
}

async function readBounded(file: string, { sha256, sizeBytes }: ArtefactAddress): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    if (size > artefactBytesMax) throw new ArtefactError('too-large', `the artefact ${sha256} has ${size} bytes, and at most ${artefactBytesMax} are read`)
    if (size !== sizeBytes) throw new ArtefactError('corrupt', `the artefact ${sha256} has ${size} bytes instead of ${sizeBytes}`)
    const handle = await open(file, 'r')
    try {
      const bytes = new Uint8Array(size)
      for (let read = 0; read < size; ) {
        const { bytesRead } = await handle.read(bytes, read, size - read, read)
        if (bytesRead === 0) throw new ArtefactError('corrupt', `the artefact ${sha256} ends after ${read} bytes`)
        read += bytesRead
      }
      return bytes
    } finally {
      await handle.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new ArtefactError('missing', `there is no artefact ${sha256}`)
    throw translated(error, 'could not be read')
  }
}

async function writeThrough(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o640)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The new name is on the disk, too: without it a power cut could take the file back. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const lasting = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR'])

function translated(error: unknown, what: string): Error {
  if (error instanceof ArtefactError) return error
  const { code = 'unknown' } = error as NodeJS.ErrnoException
  return lasting.has(code) ? new ArtefactError('refused', `the artefact ${what}: ${code}`) : new TransientError(`the artefact ${what}: ${code}`)
}
