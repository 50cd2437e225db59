import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { GenericContainer, Wait } from 'testcontainers'
import { runCommand } from './run-command.ts'
import { StartError } from './start-error.ts'
import type { Run } from './started-process.ts'

export interface ContainerOptions {
  readonly name: string
  readonly image: string
  /** Port of the container, and the port of 127.0.0.1 it is published on. */
  readonly containerPort: number
  readonly port: number
  readonly environment: Record<string, string>
  readonly command?: string[]
  /** The named volume that keeps the data, and where the image wants it. */
  readonly volume: string
  readonly volumeTarget: string
  /** Bytes of /dev/shm; Docker gives 64 MB. */
  readonly sharedMemoryBytes?: number
  readonly stopGraceMs: number
  /** Called when a container of an earlier launcher is out of the way. */
  readonly beforeStart: () => Promise<void>
}

export interface ContainerRun extends Run {
  hasExited(): boolean
  /** The last lines the container printed. */
  tail(): Promise<string>
}

/** The name of a data folder's container and volume: the same folder finds its data again, another one never does. */
export function dockerNameOf(dataDir: string, what: string): string {
  return `ott-${what}-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`
}

/** testcontainers publishes on every interface of the machine; a development database is nobody else's business. */
class LoopbackContainer extends GenericContainer {
  readonly #containerPort: number
  readonly #port: number

  constructor(image: string, containerPort: number, port: number) {
    super(image)
    this.#containerPort = containerPort
    this.#port = port
    this.withExposedPorts({ container: containerPort, host: port })
  }

  protected override async beforeContainerCreated(): Promise<void> {
    this.hostConfig.PortBindings = { [`${this.#containerPort}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(this.#port) }] }
  }
}

/**
 * Starts a container that takes the place of one with the same name, which a killed launcher may have left running.
 * Resolves when it runs; whether what is inside answers is for the caller to find out.
 */
export async function startContainer(options: ContainerOptions): Promise<ContainerRun> {
  const { name, image, volume, volumeTarget, stopGraceMs, command, sharedMemoryBytes } = options
  await removeContainer(name, stopGraceMs)
  await options.beforeStart()
  const wanted = new LoopbackContainer(image, options.containerPort, options.port)
    .withName(name)
    .withLabels({ 'ott.volume': volume })
    .withEnvironment(options.environment)
    .withBindMounts([{ source: volume, target: volumeTarget, mode: 'rw' }])
    .withWaitStrategy(Wait.forSuccessfulCommand('true'))
    .withStartupTimeout(60_000)
  if (command !== undefined) wanted.withCommand(command)
  if (sharedMemoryBytes !== undefined) wanted.withSharedMemorySize(sharedMemoryBytes)
  const tail = async (): Promise<string> => {
    const { stdout, stderr } = await runCommand('docker', ['logs', '--tail', '12', name], { timeoutMs: 10_000 })
    return (stdout + stderr).trimEnd()
  }
  const started = await wanted.start().catch(async (error: Error) => {
    const said = await tail()
    await removeContainer(name, 0)
    throw new StartError(`Docker couldn't start ${image}: ${error.message.split('\n')[0]}${said === '' ? '' : `; it said:\n${said}`}`)
  })

  let ended = false
  // A group of its own, so that Ctrl-C doesn't end the watch before the container.
  const watch = spawn('docker', ['wait', name], { stdio: 'ignore', detached: true })
  const exited = new Promise<void>((resolve) => {
    const settle = (): void => {
      ended = true
      resolve()
    }
    watch.once('exit', settle).once('error', settle)
  })
  return {
    exited,
    hasExited: () => ended,
    tail,
    async stop() {
      await started.stop({ timeout: stopGraceMs, remove: true, removeVolumes: true }).catch(() => removeContainer(name, 0))
      await exited
    },
    async kill9() {
      await runCommand('docker', ['kill', '--signal', 'KILL', name], { timeoutMs: 30_000 })
      await exited
    },
  }
}

/** Removes named volumes, for data folders that are thrown away. Volumes that don't exist are no error. */
export async function removeVolumes(names: readonly string[]): Promise<void> {
  await runCommand('docker', ['volume', 'rm', '--force', ...names], { timeoutMs: 60_000 })
}

async function removeContainer(name: string, graceMs: number): Promise<void> {
  const { code } = await runCommand('docker', ['container', 'inspect', '--format', '{{.Id}}', name], { timeoutMs: 10_000 })
  if (code !== 0) return
  await runCommand('docker', ['stop', '-t', String(Math.ceil(graceMs / 1_000)), name], { timeoutMs: graceMs + 30_000 })
  await runCommand('docker', ['rm', '--force', '--volumes', name], { timeoutMs: 30_000 })
}
