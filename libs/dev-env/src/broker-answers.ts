import { probeSocket } from './probe-socket.ts'

const metadataKey = 3
const metadataVersion = 4

/**
 * Metadata request, version 4, for no topic at all (Kafka protocol guide, "Metadata API"): the request header
 * (api key, version, correlation id, client id), an empty list of topics, and no auto-creation.
 */
function metadataRequest(): Buffer {
  const client = Buffer.from('probe')
  const body = Buffer.alloc(2 + 2 + 4 + 2 + client.length + 4 + 1)
  let at = body.writeInt16BE(metadataKey, 0)
  at = body.writeInt16BE(metadataVersion, at)
  at = body.writeInt32BE(1, at)
  at = body.writeInt16BE(client.length, at)
  at += client.copy(body, at)
  at = body.writeInt32BE(0, at)
  body.writeInt8(0, at)
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}

/** Whether a Kafka broker at this address answers a metadata request and counts at least itself as alive. */
export async function brokerAnswers(host: string, port: number): Promise<boolean> {
  const whole = (reply: Buffer): boolean => reply.length >= 4 && reply.length >= 4 + reply.readInt32BE(0)
  const reply = await probeSocket(host, port, metadataRequest(), whole)
  // size, correlation id and throttle time come before the number of brokers.
  return reply !== undefined && reply.length >= 16 && reply.readInt32BE(4) === 1 && reply.readInt32BE(12) >= 1
}
