import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { readConfiguration } from '@ott/alert-routing/read-configuration'
import { defaultConfiguration } from './default-configuration.ts'

test('every configuration in the guide is taken', async () => {
  const guide = await readFile(new URL('../../../../docs/alerting.md', import.meta.url), 'utf8')
  const texts = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? '')
  expect(texts.length).toBe(2)
  expect(texts.map((text) => readConfiguration(text)).filter(({ ok }) => !ok)).toEqual([])
})

test('a tenant that has said nothing has a receiver that nobody is told through', () => {
  const { route, receivers } = defaultConfiguration()
  expect(receivers).toEqual([{ name: route.receiver, integrations: [] }])
})
