import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'

const credentials = z.record(z.string(), z.object({ apiKey: z.string().min(1) }))
export type Credentials = z.infer<typeof credentials>

/** The keys handed out on first start, by tenant; none when the file doesn't exist. */
export async function readCredentials(file: string): Promise<Credentials> {
  try {
    return credentials.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new Error(`${file} is not a credentials file: expected { "<tenant>": { "apiKey": "…" } }`, { cause: error })
  }
}

/** Replaces the file in one step; its owner alone may read it. */
export async function writeCredentials(file: string, value: Credentials): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const draft = `${file}.${process.pid}.tmp`
  await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  await chmod(draft, 0o600)
  await rename(draft, file)
}
