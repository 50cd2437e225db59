import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openDataFolder, pidFileOf } from './data-folder.ts'
import { identityOf } from './process-identity.ts'
import { hasSecret, secretOf } from './secrets.ts'
import { recordProcess } from './stale-process.ts'
import { StartError } from './start-error.ts'

let dir: string
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'ott-folder-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('a data folder', () => {
  test('below a file is refused with one sentence that names it and the setting', async () => {
    writeFileSync(join(dir, 'file'), '')
    const opened = openDataFolder(join(dir, 'file', 'data'))
    await expect(opened).rejects.toThrow(StartError)
    await expect(opened).rejects.toThrow(/^the data folder .*file\/data can't be written \(ENOTDIR\): .*OTT_DATA_DIR.*$/)
  })

  test('has one user at a time', async () => {
    const folder = await openDataFolder(dir)
    await expect(openDataFolder(dir)).rejects.toThrow(`process ${process.pid} already uses the data folder`)
    folder.release()
    ;(await openDataFolder(dir)).release()
  })

  test('is free again when its user was killed, even if the pid was given to another process', async () => {
    writeFileSync(join(dir, 'owner'), JSON.stringify({ pid: process.pid, identity: 'an earlier boot' }))
    ;(await openDataFolder(dir)).release()
  })

  test('is cleared of the processes that a killed launcher left, and of no other', async () => {
    const slowToEnd = `process.on('SIGTERM', () => setTimeout(() => process.exit(), 300)); console.log('up'); setInterval(() => {}, 1000)`
    const left = spawn(process.execPath, ['-e', slowToEnd])
    await once(left.stdout, 'data')
    const stranger = spawn('sleep', ['60'])
    ;(await openDataFolder(dir)).release()
    recordProcess(pidFileOf(dir, 'left'), left.pid as number, 'SIGTERM')
    writeFileSync(pidFileOf(dir, 'stranger'), JSON.stringify({ pid: stranger.pid, identity: 'an earlier boot', stopSignal: 'SIGTERM' }))
    const leftEnded = once(left, 'exit')
    ;(await openDataFolder(dir)).release()
    expect(identityOf(left.pid as number)).toBeUndefined()
    await leftEnded
    expect(identityOf(stranger.pid as number)).toBeDefined()
    stranger.kill('SIGKILL')
  })
})

describe('secrets', () => {
  test('stay the same once made, differ by name and are for the owner’s eyes only', () => {
    const made = secretOf(dir, 'postgres')
    expect(secretOf(dir, 'other')).not.toBe(made)
    expect(secretOf(dir, 'postgres')).toBe(made)
    expect(hasSecret(dir, 'absent')).toBe(false)
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600)
  })
})
