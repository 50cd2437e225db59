import { hash } from 'node:crypto'

/**
 * An id that repeats when the work repeats: 32 hex digits of SHA-256 over the parent's id, the topic the
 * result goes to and the natural key of the result below that parent. Never from clocks, random numbers or
 * positions, so that a replay after a crash re-emits the same bytes.
 */
export function derivedId(parentId: string, topic: string, naturalKey = ''): string {
  return hash('sha256', JSON.stringify([parentId, topic, naturalKey]), 'hex').slice(0, 32)
}

/** Identity of a viewer event, CloudEvents 1.0 §3.1: `source` + `id` is unique, here within one tenant. 32 hex digits. */
export function eventKeyOf(tenantId: string, source: string, id: string): string {
  return hash('sha256', JSON.stringify([tenantId, source, id]), 'hex').slice(0, 32)
}
