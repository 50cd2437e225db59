import { makeEvents } from '@ott/simulator/make-events'
import { postBatch, type Door } from '../post-batch.ts'

export const eventsPerPost = 50
const postsAtOnce = 16

/** A body of {@link eventsPerPost} events and their ids. */
export interface Post {
  readonly ids: readonly string[]
  readonly body: Buffer<ArrayBuffer>
}

/**
 * Ordinary one-kilobyte events of the day given, made before a clock starts: making them would take the processors from what is
 * measured. Viewers live elsewhere with another seed: on the same day as others they would travel impossibly.
 */
export function preparePosts(seed: string, day: string, total: number, source: string): Post[] {
  const events = [...makeEvents({ seed, count: total, subjects: 5_000, startsAt: `${day}T00:00:00Z`, source })]
  return Array.from({ length: Math.ceil(total / eventsPerPost) }, (_, index) => {
    const batch = events.slice(index * eventsPerPost, (index + 1) * eventsPerPost)
    return { ids: batch.map(({ id }) => id), body: Buffer.from(JSON.stringify(batch)) }
  })
}

/** @throws Error unless every event was accepted */
export async function send(door: Door, { body }: Post): Promise<void> {
  const response = await postBatch(door, body)
  if (response.status !== 202) throw new Error(`post answered ${response.status}: ${await response.text()}`)
  await response.arrayBuffer()
}

/** Posts everything as fast as it is accepted, over several connections. */
export async function sendAll(door: Door, posts: readonly Post[]): Promise<void> {
  const left = posts.values()
  await Promise.all(
    Array.from({ length: postsAtOnce }, async () => {
      for (const post of left) await send(door, post)
    }),
  )
}
