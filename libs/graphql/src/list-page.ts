import { decodeCursor, pageOf, type Cursor, type PageRequest } from '@ott/http/page'
import { shortText } from '@ott/http/query-text'
import { refusal } from './graphql-errors.ts'

/** One page of a list, as every list of the graph gives it. */
export interface ListPage<Node> {
  readonly nodes: readonly Node[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

const firstMax = 100

/** Reads `first` (1 to 100) and `after`: the cursors are those of the REST lists. */
export function readListArguments({ first, after }: { first: number; after?: string | null | undefined }): PageRequest {
  return { limit: readFirst(first), after: after === undefined || after === null ? undefined : decodeCursor(after) }
}

export function readFirst(first: number): number {
  if (first < 1 || first > firstMax) throw refusal('BAD_USER_INPUT', `first: must be from 1 to ${firstMax}`)
  return first
}

/** A page from up to `limit + 1` rows: the extra row tells whether there is more. */
export function listPageOf<Node>(rows: readonly Node[], page: PageRequest, cursor: (node: Node) => Cursor): ListPage<Node> {
  const { items, next } = pageOf(rows, page, (row) => row, cursor)
  return { nodes: items, pageInfo: { hasNextPage: next !== null, endCursor: next } }
}

/** An id from a query, as the database can take it. */
export function idOf(id: string): string {
  return shortText(id).toWellFormed()
}
