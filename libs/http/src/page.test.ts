import { expect, test } from '@jest/globals'
import type { Request } from 'express'
import fc from 'fast-check'
import { pageOf, readPageRequest, type Cursor } from './page.ts'
import { Problem } from './problem.ts'

const request = (query: object) => ({ query }) as unknown as Request
const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

function problemOf(query: object): Problem {
  try {
    readPageRequest(request(query))
  } catch (error) {
    if (error instanceof Problem) return error
  }
  throw new Error('was taken')
}

const times = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString())
const ids = fc.string({ unit: 'grapheme', maxLength: 100 }).filter((id) => !id.includes('\0') && id.isWellFormed() && id.length <= 256)

test('the cursor of a page is where the next page begins', () => {
  fc.assert(
    fc.property(times, ids, (at, id) => {
      const { next } = pageOf(
        [
          { at, id },
          { at, id: 'more' },
        ],
        { limit: 1, after: undefined },
        (row) => row,
        (row) => row,
      )
      expect(readPageRequest(request({ cursor: next })).after).toEqual({ at, id })
    }),
  )
})

test('walking the pages shows every row once, in order, and ends', () => {
  const rows: Cursor[] = Array.from({ length: 23 }, (_, n) => ({ at: '2026-01-01T00:00:00.000Z', id: String(n).padStart(2, '0') }))
  const seen: Cursor[] = []
  let cursor: string | null | undefined
  for (let pages = 0; cursor !== null && pages < 10; pages++) {
    const page = readPageRequest(request({ limit: '5', cursor }))
    const found = rows.filter(({ id }) => page.after === undefined || id > page.after.id).slice(0, page.limit + 1)
    const { items, next } = pageOf(
      found,
      page,
      (row) => row,
      (row) => row,
    )
    seen.push(...items)
    cursor = next
  }
  expect(cursor).toBeNull()
  expect(seen).toEqual(rows)
})

test('an empty list has no next page', () => {
  expect(
    pageOf(
      [],
      { limit: 5, after: undefined },
      (row) => row,
      () => ({ at: '', id: '' }),
    ),
  ).toEqual({ items: [], next: null })
})

test('limit is 50 unless told, and at most 500', () => {
  expect(readPageRequest(request({})).limit).toBe(50)
  expect(readPageRequest(request({ limit: '500' })).limit).toBe(500)
  for (const limit of ['0', '501', '-1', '1.5', 'many', '', 'NaN', 'Infinity', '9'.repeat(400), ['1', '2']]) {
    expect(problemOf({ limit })).toMatchObject({ status: 400, code: 'invalid-request', errors: [{ field: 'limit' }] })
  }
})

test.each([
  ['no base64', '%%%'],
  ['no JSON', Buffer.from('{').toString('base64url')],
  ['null', cursorOf(null)],
  ['an object', cursorOf({ at: '2026-01-01T00:00:00.000Z', id: 'x' })],
  ['no id', cursorOf(['2026-01-01T00:00:00.000Z'])],
  ['numbers', cursorOf([1, 2])],
  ['a time only JavaScript understands', cursorOf(['Jan 1 2026 (whenever)', 'x'])],
  ['a time of words', cursorOf(['drop table 1', 'x'])],
  ['30 February', cursorOf(['2026-02-30T00:00:00.000Z', 'x'])],
  ['year 0', cursorOf(['0000-01-01T00:00:00.000Z', 'x'])],
  ['a far future', cursorOf(['+275760-09-13T00:00:00.000Z', 'x'])],
  ['NUL in the id', cursorOf(['2026-01-01T00:00:00.000Z', 'a\0b'])],
  ['a lone surrogate in the id', cursorOf(['2026-01-01T00:00:00.000Z', '\ud800'])],
  ['an endless id', cursorOf(['2026-01-01T00:00:00.000Z', 'x'.repeat(100_000)])],
  ['depth', Buffer.from('['.repeat(100_000)).toString('base64url')],
  ['an array of cursors', ['a', 'b']],
  ['nothing', ''],
])('a cursor of %s is refused as a problem with the field', (_what, cursor) => {
  expect(problemOf({ cursor })).toMatchObject({ status: 400, code: 'invalid-request', errors: [{ field: 'cursor' }] })
})

test('any text as a cursor is refused or read, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.base64String(),
        fc.json().map((text) => Buffer.from(text).toString('base64url')),
      ),
      (cursor) => {
        try {
          readPageRequest(request({ cursor }))
        } catch (error) {
          expect(error).toBeInstanceOf(Problem)
        }
      },
    ),
  )
})
