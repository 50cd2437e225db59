import { connect } from 'node:net'

/**
 * Sends one request over a new TCP connection and returns what came back once `enough` says it is complete,
 * or undefined when nothing listens, the peer hangs up or two seconds pass.
 */
export function probeSocket(host: string, port: number, request: Buffer, enough: (reply: Buffer) => boolean): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let reply = Buffer.alloc(0)
    const socket = connect({ host, port }, () => socket.write(request))
    const settle = (value: Buffer | undefined): void => {
      socket.destroy()
      resolve(value)
    }
    socket.setTimeout(2_000, () => settle(undefined))
    socket.once('error', () => settle(undefined))
    socket.once('close', () => settle(undefined))
    socket.on('data', (chunk) => {
      reply = Buffer.concat([reply, chunk])
      if (enough(reply)) settle(reply)
    })
  })
}
