import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

const preload = fileURLToPath(new URL('./leave-with-launcher.ts', import.meta.url))

function child(script: string): ReturnType<typeof spawn> {
  return spawn(process.execPath, [`--import=${preload}`, '-e', script], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
}

test('a program that is busy with something else ends when its launcher is gone', async () => {
  const orphan = child(`console.log('up'); setInterval(() => {}, 1000)`)
  await once(orphan.stdout as NodeJS.ReadableStream, 'data')
  orphan.disconnect()
  await once(orphan, 'exit')
})

test('a program that ends in order when its launcher is gone is given the time', async () => {
  const inOrder = `process.once('disconnect', () => setTimeout(() => process.exit(7), 300))`
  const orphan = child(`${inOrder}; console.log('up'); setInterval(() => {}, 1000)`)
  await once(orphan.stdout as NodeJS.ReadableStream, 'data')
  orphan.disconnect()
  expect(await once(orphan, 'exit')).toEqual([7, null])
})

test('the channel alone keeps no program alive', async () => {
  expect(await once(child(''), 'exit')).toEqual([0, null])
})
