import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Listens, and tells the address, with the port it got for 0. Rejects with Node's error when it can't. */
export async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`
}
