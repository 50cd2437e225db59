import { tenantIdPattern } from './define-event.ts'
import { describeContract, describeViewerEvents, type DescribedEvent, type JsonSchema } from './describe-json-schema.ts'
import { eventAccepted } from './event-accepted.ts'
import { eventAssessed } from './event-assessed.ts'
import { eventScored } from './event-scored.ts'
import {
  deadLetterTopicOf,
  eventContracts,
  groupOf,
  inboundTopicOf,
  inboundTopicSpec,
  stageNames,
  topicCatalogue,
  type StageName,
  type TopicSpec,
} from './topics.ts'
import { violationOpened } from './violation-opened.ts'
import { traceparentPattern } from './traceparent.ts'

const inboundAddress = inboundTopicOf('{tenant}')

/** What each stage reads besides the dead letters of all, which the last one keeps. */
const consumed: readonly (readonly [StageName, string])[] = [
  ['ingest', inboundAddress],
  ['compliance', eventAccepted.topic],
  ['ml-scoring', eventAssessed.topic],
  ['violation', eventScored.topic],
  ['alerting', violationOpened.topic],
  ...stageNames.map((stage) => ['dead-letters', deadLetterTopicOf(stage)] as const),
]

const text = (description: string, more: JsonSchema = {}): JsonSchema => ({ type: 'string', description, ...more })

const traceparent = text('W3C Trace Context: one trace from the first byte to the alert.', {
  pattern: traceparentPattern.source,
})
const contentType = text('`application/cloudevents+json` in structured mode, `application/json` in binary mode.')

const recordHeaders: Record<string, JsonSchema> = {
  inbound: {
    type: 'object',
    description: 'In binary mode each attribute of the event is a header of its own, such as `ce_type`.',
    properties: { 'content-type': contentType, traceparent },
    patternProperties: { '^ce_[a-z0-9]{1,64}$': text('A CloudEvents attribute, binary mode.') },
  },
  pipeline: {
    type: 'object',
    properties: {
      'content-type': contentType,
      traceparent,
      'ott-source-record': text('`topic/partition/offset/place.place…`: the record that brought the event in, and its place among what each stage made of it.'),
      'ott-timeline': text('`stage:ms since the epoch:ms it took`, comma-separated, of the stages so far.'),
    },
  },
  deadLetter: {
    type: 'object',
    description: 'The headers of the record as it came, and these.',
    properties: {
      'dlq-reason': text('Short and stable, such as `breaks_contract`.'),
      'dlq-detail': text('Names the field that is wrong; never quotes its value.'),
      'dlq-stage': text('The stage that gave up.', { enum: [...stageNames] }),
      'dlq-at': text('When, RFC 3339.', { format: 'date-time' }),
      'dlq-topic': text('Topic the record came from.'),
      'dlq-partition': text('Its partition.', { pattern: '^[0-9]+$' }),
      'dlq-offset': text('Its offset.', { pattern: '^[0-9]+$' }),
      'dlq-attempts': text('How often it was tried.', { pattern: '^[0-9]+$' }),
    },
    required: ['dlq-reason', 'dlq-stage', 'dlq-at', 'dlq-topic', 'dlq-partition', 'dlq-offset', 'dlq-attempts'],
  },
}

const keySchema = text("`tenantId:subject`: one viewer's records stay in order.", { pattern: `${tenantIdPattern.source.slice(0, -1)}:.+$` })

function message(event: DescribedEvent, headers: string): object {
  return {
    name: event.type,
    title: event.title,
    summary: event.description,
    contentType: 'application/cloudevents+json',
    headers: { $ref: `#/components/schemas/headers.${headers}` },
    payload: { $ref: `#/components/schemas/${event.type}` },
    bindings: { kafka: { key: keySchema, bindingVersion: '0.5.0' } },
  }
}

function channel(address: string, description: string, types: readonly string[], spec: TopicSpec, more: object = {}): object {
  const topicConfiguration = spec.compacted
    ? { 'cleanup.policy': ['compact'] }
    : { 'cleanup.policy': ['delete'], 'retention.ms': spec.retentionMs }
  return {
    address,
    description,
    ...more,
    messages: Object.fromEntries(types.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
    bindings: { kafka: { topicConfiguration, bindingVersion: '0.5.0' } },
  }
}

function operation(action: 'send' | 'receive', service: string, address: string, summary: string, group?: string): [string, object] {
  const bindings =
    group === undefined ? {} : { bindings: { kafka: { groupId: { type: 'string', const: group }, bindingVersion: '0.5.0' } } }
  const id = `${service}.${action}.${address.replace(/[{}]/g, '')}`
  return [id, { action, channel: { $ref: `#/channels/${keyOf(address)}` }, summary, tags: [{ name: service }], ...bindings }]
}

/** Channels are named by their topic; braces would not survive in a reference. */
function keyOf(address: string): string {
  return address.replace(/[{}]/g, '')
}

function specOf(topic: string): TopicSpec {
  const spec = topicCatalogue.find(({ name }) => name === topic)
  if (spec === undefined) throw new Error(`topic ${topic} is not in the catalogue`)
  return spec
}

function channels(viewerEvents: readonly DescribedEvent[]): Record<string, object> {
  const types = viewerEvents.map(({ type }) => type)
  const inbound = channel(
    inboundAddress,
    "Where a tenant's producers publish. The name of the topic says whose the events are.",
    types,
    inboundTopicSpec('{tenant}'),
    {
      parameters: { tenant: { description: 'The tenant: 3 to 40 lower-case letters, digits or hyphens.', examples: ['acme', 'globex'] } },
    },
  )
  const pipeline = [...Map.groupBy(eventContracts, ({ topic }) => topic)].map(([topic, contracts]) => {
    const description = contracts.map((contract) => contract.description).join(' Or: ')
    return [topic, channel(topic, description, contracts.map(({ type }) => type), specOf(topic))] as const
  })
  const dead = stageNames.map((stage) => {
    const topic = deadLetterTopicOf(stage)
    return [topic, channel(topic, `What the stage ${stage} gave up on.`, ['dead-letter'], specOf(topic))] as const
  })
  return Object.fromEntries([[keyOf(inboundAddress), inbound], ...pipeline, ...dead])
}

function operations(): Record<string, object> {
  return Object.fromEntries([
    ...eventContracts.map(({ owner, topic, description }) => operation('send', owner, topic, description)),
    ...stageNames.map((stage) => operation('send', stage, deadLetterTopicOf(stage), `Gives up on a record.`)),
    ...consumed.map(([stage, address]) => operation('receive', stage, address, `Read by the stage ${stage}.`, groupOf(stage))),
  ])
}

/** The topics as an AsyncAPI 3.0.0 document. */
export function describeAsyncApi(): object {
  const viewerEvents = describeViewerEvents('draft-7')
  const contracts = eventContracts.map((contract) => describeContract(contract, 'draft-7'))
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'OTT Compliance: topics',
      version: '1.0.0',
      description:
        'Events between producers, stages and listeners. A breaking change is a new topic. Fields tagged `x-privacy` are personal.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      kafka: {
        host: '{broker}',
        protocol: 'kafka',
        description: 'The cluster of the installation.',
        variables: { broker: { default: 'localhost:9092', description: 'host:port' } },
      },
    },
    channels: channels(viewerEvents),
    operations: operations(),
    components: {
      messages: {
        ...Object.fromEntries(viewerEvents.map((event) => [event.type, message(event, 'inbound')])),
        ...Object.fromEntries(contracts.map((event) => [event.type, message(event, 'pipeline')])),
        'dead-letter': {
          name: 'dead-letter',
          title: 'Dead letter',
          summary: 'A record that could not be worked on: bytes, key and headers as they came.',
          contentType: 'application/octet-stream',
          headers: { $ref: '#/components/schemas/headers.deadLetter' },
        },
      },
      schemas: {
        ...Object.fromEntries([...viewerEvents, ...contracts].map(({ type, schema }) => [type, schema])),
        ...Object.fromEntries(Object.entries(recordHeaders).map(([name, schema]) => [`headers.${name}`, schema])),
      },
    },
  }
}
