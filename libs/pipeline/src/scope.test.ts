import { expect, test } from '@jest/globals'
import { withScope } from './scope.ts'

test('what was started is stopped in reverse order', async () => {
  const stopped: string[] = []
  const { value, stop } = await withScope(async (scope) => {
    scope.defer(() => void stopped.push('first'))
    scope.defer(async () => void stopped.push('second'))
    return 'up'
  })
  expect(value).toBe('up')
  expect(stopped).toEqual([])
  await stop()
  expect(stopped).toEqual(['second', 'first'])
})

test('a start that fails half-way stops what had started and tells why it failed, even when stopping fails too', async () => {
  const stopped: string[] = []
  const started = withScope(async (scope) => {
    scope.defer(() => void stopped.push('first'))
    scope.defer(() => Promise.reject(new Error('will not stop')))
    throw new Error('port taken')
  })
  await expect(started).rejects.toThrow('port taken')
  expect(stopped).toEqual(['first'])
})
