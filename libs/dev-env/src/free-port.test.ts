import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from '@jest/globals'
import { freePort, isPortFree, requireFreePort } from './free-port.ts'

test.each(['127.0.0.1', '0.0.0.0'])('a port held on %s is found taken, and the sentence names the setting', async (host) => {
  const port = await freePort()
  expect(await isPortFree(port)).toBe(true)
  const holder = createServer().listen(port, host)
  await once(holder, 'listening')
  await expect(requireFreePort(port, 'Kafka', 'KAFKA_PORT')).rejects.toThrow(
    `port ${port}, wanted for Kafka, is taken: stop what listens there or set KAFKA_PORT to another port`,
  )
  holder.close()
})
