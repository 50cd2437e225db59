import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { calmRequestQueues } from './calm-request-queue.ts'
import { encodeProduceRequestsInOnePass } from './one-pass-produce-requests.ts'
import { Kafka, logLevel, type ISocketFactory, type LogEntry } from 'kafkajs'

export interface KafkaSettings {
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Put before every topic and group name: lets installations share a cluster. */
  readonly topicPrefix: string
  readonly log: KafkaLog
}

/** Where the client's own messages go; pino satisfies it. */
export interface KafkaLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** A client for the cluster. Connecting is lazy: nothing happens until a producer or consumer connects. */
export function connectKafka({ brokers, clientId, log }: KafkaSettings): Kafka {
  calmRequestQueues()
  encodeProduceRequestsInOnePass()
  return new Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    socketFactory: openSocket,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 6 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => writeLog(log, entry),
  })
}

/** The client logs records' metadata but no keys or values; only its message and error go on. */
function writeLog(log: KafkaLog, { level, namespace, log: { message, error, groupId } }: LogEntry): void {
  const fields = { kafka: namespace, error: error as unknown, groupId: groupId as unknown }
  if (level === logLevel.ERROR) log.error(fields, message)
  else if (level === logLevel.WARN) log.warn(fields, message)
  else log.info(fields, message)
}

/**
 * Sends small requests at once. The client's own sockets leave Nagle's algorithm on: a commit behind a long read then
 * waits for the other side's delayed acknowledgement, tens of milliseconds.
 */
const openSocket: ISocketFactory = ({ host, port, ssl, onConnect }): Socket => {
  const socket = ssl ? connectTls({ host, port, servername: host, ...ssl }, onConnect) : connectTcp({ host, port }, onConnect)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 60_000)
  return socket
}
