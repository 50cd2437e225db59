import type { Request } from 'express'
import { Problem } from './problem.ts'

/** One page of a list: `next` is the cursor of the page after it, or null. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

/** Where the last page ended: the sort time and the id of its last row. */
export interface Cursor {
  readonly at: string
  readonly id: string
}

export interface PageRequest {
  readonly limit: number
  readonly after: Cursor | undefined
}

const limitMax = 500

/** Reads `limit` (1 to 500, default 50) and `cursor` of a list request. */
export function readPageRequest(request: Request): PageRequest {
  const { limit, cursor } = request.query
  const size = limit === undefined ? 50 : Number(limit)
  if (!Number.isInteger(size) || size < 1 || size > limitMax) {
    throw new Problem(400, 'invalid-request', `limit: must be a whole number from 1 to ${limitMax}`, { errors: [{ field: 'limit', problem: `must be a whole number from 1 to ${limitMax}` }] })
  }
  return { limit: size, after: cursor === undefined ? undefined : decodeCursor(cursor) }
}

/** Reads the cursor of a page. Throws a Problem when no list gave it out. */
export function decodeCursor(cursor: unknown): Cursor {
  try {
    const [at, id] = JSON.parse(Buffer.from(String(cursor), 'base64url').toString()) as unknown[]
    if (typeof at === 'string' && typeof id === 'string' && isCursorTime(at) && isCursorId(id)) return { at, id }
  } catch {
    /* answered below */
  }
  throw new Problem(400, 'invalid-request', 'cursor: is not one that this list gave out', { errors: [{ field: 'cursor', problem: 'is not one that this list gave out' }] })
}

/** As `toISOString` writes it: `Date.parse` takes much that a database doesn't. */
function isCursorTime(at: string): boolean {
  return /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(at) && !Number.isNaN(Date.parse(at)) && new Date(at).toISOString() === at
}

function isCursorId(id: string): boolean {
  return id.length <= 256 && !id.includes('\u0000') && id.isWellFormed()
}

function encodeCursor({ at, id }: Cursor): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url')
}

/** A page from up to `limit + 1` rows: the extra row tells whether there is more. */
export function pageOf<Row, Item>(rows: readonly Row[], { limit }: PageRequest, item: (row: Row) => Item, cursor: (row: Row) => Cursor): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(item), next: rows.length > limit && last !== undefined ? encodeCursor(cursor(last)) : null }
}
