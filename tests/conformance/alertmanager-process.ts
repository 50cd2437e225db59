import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A real Alertmanager of our own, in a folder that goes when it ends. */
export interface AlertmanagerProcess extends AsyncDisposable {
  readonly url: string
}

/**
 * Starts the program with a configuration, and waits until it is ready.
 *
 * @throws Error with what it wrote where it isn't ready within ten seconds
 */
export async function startAlertmanager(program: string, configuration: string): Promise<AlertmanagerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'ott-alertmanager-'))
  await writeFile(join(folder, 'alertmanager.yml'), configuration)
  const address = `127.0.0.1:${await freePort()}`
  const options = [`--config.file=${join(folder, 'alertmanager.yml')}`, `--storage.path=${folder}`, `--web.listen-address=${address}`, '--cluster.listen-address=']
  const process = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] })
  const written: string[] = []
  process.stderr.on('data', (chunk: Buffer) => written.push(chunk.toString()))
  const exited = once(process, 'exit')
  const stop = async () => {
    process.kill('SIGTERM')
    await exited
    await rm(folder, { recursive: true, force: true })
  }
  const url = `http://${address}`
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined)
    if (answer?.ok === true) return { url, [Symbol.asyncDispose]: stop }
    if (process.exitCode !== null) break
    await wait(100)
  }
  await stop()
  throw new Error(`Alertmanager isn't ready:\n${written.join('')}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}
