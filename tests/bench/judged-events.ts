import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { eventAccepted } from '@ott/contracts/event-accepted'
import type { OutboundRecord } from '@ott/pipeline/record'
import { eventsOf } from '@ott/regulations/judge-story'
import type { RegulationPack } from '@ott/regulations/regulation-pack'
import { makeEvents } from '@ott/simulator/make-events'

/** One event in so many is one of those the rules are written about. */
const exampleEvery = 50

/**
 * Accepted events of viewers in every place that any pack names: ordinary ones of about a kilobyte and, one in fifty, those of the rules'
 * own examples, so that rules of all kinds fire, those about several events included.
 */
export function* judgedEvents(packs: readonly RegulationPack[], tenantId: string, count: number): Generator<OutboundRecord> {
  const places = placesOf(packs)
  const examples = packs.flatMap((pack) => pack.rules.flatMap((rule) => rule.examples.flatMap((example, n) => eventsOf(rule, example).map((event) => ({ ...event, subject: `${rule.id}-${n}` })))))
  let made = 0
  for (const event of makeEvents({ seed: 'judged', count, subjects: 5_000, startsAt: '2026-01-01T00:00:00Z', source: 'urn:ott:bench:judged' })) {
    const example = made % exampleEvery === 0 ? examples[(made / exampleEvery) % examples.length] : undefined
    const place = places[Number(/\d+/.exec(event.subject)?.[0] ?? 0) % places.length] ?? {}
    const { type, subject, time, data } = example ?? { ...event, data: { ...event.data, ...place } }
    made++
    const accepted = buildEvent(eventAccepted, {
      id: `judged-${made}`,
      subject,
      time,
      tenantid: tenantId,
      data: { event: { id: `judged-${made}`, source: 'urn:ott:bench:judged', type, time, data }, receivedAt: time },
    })
    yield { topic: eventAccepted.topic, key: recordKeyOf(accepted), value: JSON.stringify(accepted), headers: {} }
  }
}

/** Every country and subdivision, once. */
function placesOf(packs: readonly RegulationPack[]): { country: string; region?: string }[] {
  const named = new Set(packs.flatMap(({ jurisdictions, rules }) => [jurisdictions, ...rules.map((rule) => rule.jurisdictions ?? [])].flatMap((places) => (places === 'worldwide' ? [] : places))))
  return [...named].sort().map((place) => {
    const [country = '', region] = place.split('-')
    return region === undefined ? { country } : { country, region }
  })
}
