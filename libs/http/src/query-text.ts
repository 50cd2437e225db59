import type { Request } from 'express'

/** One query parameter as text of at most 256 characters; undefined when it is absent, empty or given twice. */
export function queryText(request: Request, name: string): string | undefined {
  const value = request.query[name]
  return typeof value === 'string' && value !== '' ? shortText(value) : undefined
}

/** A caller's text, as short as an id may be and without what a database can't take. */
export function shortText(text: string): string {
  return text.slice(0, 256).replaceAll('\u0000', '')
}

/** Whether a text is a UUID as the database writes one (RFC 9562, lower case): anything else names no row, and would be an error of the statement. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
}
