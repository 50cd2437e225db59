import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A connection to a database server that can be cut, as when the server goes away. */
export interface DatabaseLine {
  /** The database, through the line. */
  readonly url: string
  cut(): void
  mend(): void
  stop(): Promise<void>
}

export async function startDatabaseLine(databaseUrl: string): Promise<DatabaseLine> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) return void near.destroy()
    const far = connect(Number(target.port || 5432), target.hostname)
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one)
      one.setNoDelay(true).on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const end = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    cut() {
      isCut = true
      end()
    },
    mend() {
      isCut = false
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      end()
      await closed
    },
  }
}
