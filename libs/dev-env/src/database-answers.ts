import { probeSocket } from './probe-socket.ts'

/** SQLSTATE of "the database system is starting up" and "… is shutting down". */
const cannotConnectNow = '57P03'

/** StartupMessage of protocol 3.0 (PostgreSQL documentation, "Message Formats"). */
function startupMessage(): Buffer {
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0')
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + parameters.length, 0)
  head.writeInt32BE(0x0003_0000, 4)
  return Buffer.concat([head, parameters])
}

/**
 * Whether a PostgreSQL server at this address takes connections: it asks for a password, or refuses for any reason
 * but that it is still starting. An open port alone says nothing, as Docker opens published ports before the server runs.
 */
export async function databaseAnswers(host: string, port: number): Promise<boolean> {
  const whole = (reply: Buffer): boolean => reply.length >= 5 && reply.length >= 1 + reply.readInt32BE(1)
  const reply = await probeSocket(host, port, startupMessage(), whole)
  const kind = reply?.toString('latin1', 0, 1)
  return kind === 'R' || (kind === 'E' && !reply?.includes(`C${cannotConnectNow}\0`))
}
