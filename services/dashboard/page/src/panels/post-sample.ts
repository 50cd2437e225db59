import { eventQuery } from '../data/operations.ts'
import { postJson, requestGraphql } from '../data/request-graphql.ts'
import { RequestFailed } from '../data/request-failed.ts'
import type { EventDecision } from '../data/shapes.ts'
import { randomToken, sampleEvent, type SampleName } from './sample-events.ts'

export interface PostedSample {
  readonly eventId: string
  readonly decision: EventDecision
  /** From sending it to reading what became of it. */
  readonly tookMs: number
}

const askEveryMs = 100
const waitMsMax = 15_000

/** Posts a sample and waits until it was decided. */
export async function postSample(apiKey: string, name: SampleName, signal: AbortSignal): Promise<PostedSample> {
  const event = sampleEvent(name, randomToken(), new Date())
  const startedAtMs = performance.now()
  await postJson(apiKey, '/v1/events', 'application/cloudevents+json', event, signal)
  while (performance.now() - startedAtMs < waitMsMax) {
    const { event: decision } = await requestGraphql(apiKey, eventQuery, { id: event.id }, signal)
    if (decision !== null) return { eventId: event.id, decision, tookMs: performance.now() - startedAtMs }
    await new Promise((resolve) => setTimeout(resolve, askEveryMs))
    signal.throwIfAborted()
  }
  throw new RequestFailed('refused', `The event was accepted and has no outcome after ${waitMsMax / 1_000} s: the stages are busy or down.`)
}

/** What became of a sample, in a sentence. */
export function describeDecision({ decision, tookMs }: PostedSample): string {
  const after = `${(tookMs / 1_000).toFixed(2)} s`
  if (decision.outcome !== 'processed') return `${decision.outcome.replace('_', ' ')} after ${after}${decision.reason === null ? '' : `: ${decision.reason}`}`
  const rules = decision.violations.map(({ rule }) => rule)
  const score = decision.risk === null ? '' : `, risk ${decision.risk.score.toFixed(2)}`
  if (rules.length === 0) return `Judged within ${after}: nothing wrong${score}.`
  return `Judged within ${after}${score}. Opened ${rules.join(' and ')}.`
}
