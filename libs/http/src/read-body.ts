import { problemsOf } from '@ott/contracts/define-event'
import { checkSafeJson } from '@ott/contracts/safe-json'
import express, { type Request, type RequestHandler } from 'express'
import type { z } from 'zod'
import { invalidRequest } from './problem.ts'

/** Parses a JSON body of at most so many bytes, whatever its media type. */
export function jsonBody(bytesMax: number): RequestHandler {
  return express.json({ limit: bytesMax, type: () => true })
}

/** The checked body of a request; a Problem names everything wrong with it. */
export function readBody<Schema extends z.ZodType>(request: Request, schema: Schema): z.infer<Schema> {
  const safe = checkSafeJson(request.body ?? {})
  if (!safe.ok) throw invalidRequest(safe.problems)
  const parsed = schema.safeParse(safe.value)
  if (!parsed.success) throw invalidRequest(problemsOf(parsed.error))
  return parsed.data
}
