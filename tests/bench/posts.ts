import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { makeEvents } from '@ott/simulator/make-events'

/** As the chaos run posts: what a producer gathers in a fortieth of a second at the rates measured. */
export const eventsPerPost = 100
const postsAtOnce = 16

/** A body of {@link eventsPerPost} events and their ids. */
export interface Post {
  readonly ids: readonly string[]
  readonly body: Buffer
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

/** Posts events as one tenant, over connections that stay open. */
export interface Door {
  /** @throws Error unless every event was accepted */
  send(post: Post): Promise<void>
  close(): void
}

/** Plain requests rather than `fetch`, whose streams cost the client, and so the machine that is measured, several times as much. */
export function openDoor(url: string, apiKey: string): Door {
  const agent = new Agent({ keepAlive: true })
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/cloudevents-batch+json' }
  return {
    async send({ body }) {
      const sent = request(`${url}/v1/events`, { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } }).end(body)
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      const answer = await text(response)
      if (response.statusCode !== 202) throw new Error(`post answered ${response.statusCode}: ${answer}`)
    },
    close: () => agent.destroy(),
  }
}

/** Posts everything as fast as it is accepted, over several connections. */
export async function sendAll(door: Door, posts: readonly Post[]): Promise<void> {
  const left = posts.values()
  await Promise.all(
    Array.from({ length: postsAtOnce }, async () => {
      for (const post of left) await door.send(post)
    }),
  )
}
