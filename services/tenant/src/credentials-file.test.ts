import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readCredentials, writeCredentials } from './credentials-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ott-credentials-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('what is written can be read again, by its owner alone, and no draft stays behind', async () => {
  const file = join(folder, 'data', 'credentials.json')
  const credentials = { acme: { apiKey: 'ott_a' }, globex: { apiKey: 'ott_g' } }
  await writeCredentials(file, credentials)
  expect(await readCredentials(file)).toEqual(credentials)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, 'data'))).toEqual(['credentials.json'])
})

test('a file that all may read becomes its owner\'s alone when it is written', async () => {
  const file = join(folder, 'credentials.json')
  await writeFile(file, '{}', { mode: 0o644 })
  await writeCredentials(file, { acme: { apiKey: 'ott_a' } })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('before the first start there are none', async () => {
  expect(await readCredentials(join(folder, 'nothing.json'))).toEqual({})
})

test.each(['', '{', '[]', '"x"', '{"acme":"ott_a"}', '{"acme":{}}', '{"acme":{"apiKey":""}}'])(
  'a file that holds %j is refused by name and never overwritten: its keys may be all there are',
  async (text) => {
    const file = join(folder, 'credentials.json')
    await writeFile(file, text)
    await expect(readCredentials(file)).rejects.toThrow(`${file} is not a credentials file`)
  },
)
