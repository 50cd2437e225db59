import { expect, test } from '@jest/globals'
import { jsonl } from './jsonl.ts'

const { read } = jsonl()

test('a line is passed on as it is, valid or not: the platform judges it', () => {
  expect(read('{"id":"1","type":"com.example.unknown","data":{"x":[1,2]}}', 1)).toEqual({
    kind: 'event',
    event: { id: '1', type: 'com.example.unknown', data: { x: [1, 2] } },
  })
})

test.each([
  ['', 'blank'],
  ['{"id":', 'not-json'],
  ['[1]', 'not-an-object'],
  ['null', 'not-an-object'],
])('%j holds no event and is skipped as %s', (line, reason) => {
  expect(read(line, 1)).toEqual({ kind: 'skipped', reason })
})
