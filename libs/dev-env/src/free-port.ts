import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { StartError } from './start-error.ts'

const host = '127.0.0.1'

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host })
    const settle = (taken: boolean): void => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
    socket.setTimeout(1_000, () => settle(false))
  })
}

/** A TCP port of 127.0.0.1 that nothing uses at this moment. Another process may still take it before the caller does. */
export function freePort(): Promise<number> {
  return listenOnce(0)
}

/** Whether a server could listen on this port of 127.0.0.1. Connecting finds those that hold the port on every address. */
export async function isPortFree(port: number): Promise<boolean> {
  if (await answers(port)) return false
  return listenOnce(port).then(
    () => true,
    () => false,
  )
}

/** Below the range from which systems take the ports of outgoing connections: a program that is away for a moment finds its port again. */
const basesFrom = 20_000
const basesTo = 32_000

/** A base such that base + 1 … base + count are free, for programs that number their ports from a base. */
export async function freePortBase(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = randomInt(basesFrom, basesTo - count)
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isPortFree(base + 1 + index)))
    if (free.every(Boolean)) return base
  }
  throw new StartError(`there are no ${count} free ports in a row on this machine`)
}

/** Throws a StartError that names the variable to change when something already listens on the port. */
export async function requireFreePort(port: number, what: string, variable: string): Promise<void> {
  if (await isPortFree(port)) return
  throw new StartError(`port ${port}, wanted for ${what}, is taken: stop what listens there or set ${variable} to another port`)
}
