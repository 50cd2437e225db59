import { expect, test } from '@jest/globals'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import { sampleEvent, samples } from './sample-events.ts'

const now = new Date('2026-01-01T00:00:00Z')

test.each(samples.map(({ name }) => [name]))('the sample "%s" is an event that ingest takes', (name) => {
  expect(checkViewerEvent(sampleEvent(name, 'token', now), now.getTime())).toMatchObject({ ok: true, value: { id: 'sample-token' } })
})

test('two samples are two events of two viewers', () => {
  const [one, two] = [sampleEvent('breach', '1', now), sampleEvent('breach', '2', now)]
  expect(one.id).not.toBe(two.id)
  expect(one['subject']).not.toBe(two['subject'])
})
