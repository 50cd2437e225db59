import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BackendOptions, Broker } from './backend.ts'
import { brokerAnswers } from './broker-answers.ts'
import { asProperties, brokerSettings } from './broker-settings.ts'
import { pidFileOf } from './data-folder.ts'
import { freePort, requireFreePort } from './free-port.ts'
import { findJava } from './java.ts'
import { haveKafkaJars, kafkaJars } from './kafka-jars.ts'
import { sizeOfLog, tailOf } from './log-file.ts'
import { reasonOf, runCommand } from './run-command.ts'
import { stopRecorded } from './stale-process.ts'
import { StartError } from './start-error.ts'
import { startProcess } from './started-process.ts'
import { waitUntil } from './wait-until.ts'

const logging = fileURLToPath(new URL('../kafka/log4j2.xml', import.meta.url))

/**
 * A small heap, and the quick compiler alone: the thorough one's threads compete for minutes after each start with the
 * services on the same few processors.
 */
const virtualMachineFlags = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** What this machine lacks for a broker of its own, each in a few words; empty when nothing does. */
export async function missingForLocalBroker(): Promise<string[]> {
  const java = await findJava()
  const noMaven = !haveKafkaJars() && (await runCommand('mvn', ['-v'], { timeoutMs: 20_000 })).code !== 0
  return [...('missing' in java ? [java.missing] : []), ...(noMaven ? ['Maven (mvn) was not found'] : [])]
}

/** Apache Kafka as a Java process: one KRaft node on 127.0.0.1, its data in `<dataDir>/kafka`. */
export async function startLocalBroker({ dataDir, port: wanted, log = () => {}, signal }: BackendOptions): Promise<Broker> {
  const java = await findJava()
  if ('missing' in java) throw new StartError(`Kafka can't be run here: ${java.missing}`)
  const jars = await kafkaJars(log, signal)
  const pidFile = pidFileOf(dataDir, 'kafka')
  await stopRecorded(pidFile)
  const port = wanted ?? (await freePort())
  await requireFreePort(port, 'Kafka', 'KAFKA_PORT')

  const home = join(dataDir, 'kafka')
  const logFile = join(dataDir, 'logs', 'kafka.log')
  const properties = join(home, 'server.properties')
  const logDir = join(home, 'data')
  mkdirSync(home, { recursive: true })
  writeFileSync(properties, asProperties(brokerSettings({ listenHost: '127.0.0.1', port, controllerPort: await freePort(), logDir })))
  const classPath = ['-cp', join(jars, '*')]
  if (!existsSync(join(logDir, 'meta.properties'))) {
    const clusterId = randomBytes(16).toString('base64url')
    // In one word with its option: one id of 64 begins with a hyphen, and would be taken for another option.
    const format = ['kafka.tools.StorageTool', 'format', '--ignore-formatted', `--cluster-id=${clusterId}`, '-c', properties]
    const formatted = await runCommand(java.command, ['-XX:TieredStopAtLevel=1', ...classPath, ...format], { signal })
    signal?.throwIfAborted()
    if (formatted.code !== 0) throw new StartError(`Kafka couldn't prepare ${logDir}: ${reasonOf(formatted)}`)
  }

  const logged = sizeOfLog(logFile)
  const broker = await startProcess({
    command: java.command,
    args: [...virtualMachineFlags, `-Dlog4j2.configurationFile=${logging}`, ...classPath, 'kafka.Kafka', properties],
    logFile,
    pidFile,
    stopGraceMs: 20_000,
  })
  try {
    await waitUntil({
      ready: async () => {
        if (broker.hasExited()) throw new StartError(`Kafka ended while starting; the end of ${logFile} says:\n${tailOf(logFile, logged)}`)
        return brokerAnswers('127.0.0.1', port)
      },
      timeoutMs: 90_000,
      onTimeout: () => `Kafka didn't answer within 90 s; ${logFile} may say why`,
      signal,
    })
  } catch (error) {
    await broker.kill9()
    throw error
  }
  return { ...broker, kind: 'local', brokers: [`127.0.0.1:${port}`] }
}
