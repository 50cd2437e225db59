import { alertChanged, type AlertChanged } from '@ott/contracts/alert-changed'
import type { PipelineEvent } from '@ott/contracts/define-event'
import { eventScored, type EventScored } from '@ott/contracts/event-scored'
import { violationOpened, type ViolationOpened } from '@ott/contracts/violation-opened'
import { buildSchema, type GraphQLFieldResolver, type GraphQLObjectType, type GraphQLSchema } from 'graphql'
import { channels } from '../channels.ts'
import type { OnDemand } from '../on-demand.ts'
import type { Passing, SocketHub } from '../socket-hub.ts'
import { queuePassing, type PassingQueue } from './passing-queue.ts'

/** What a subscription works with: whose it is, and how to end its connection. */
export interface SubscriptionContext {
  readonly tenantId: string
  dropSlow(): void
}

export interface SubscriptionSources {
  readonly hub: SocketHub
  /** Reading the topics through which every event passes. */
  readonly everyEvent: OnDemand
}

/** Makes schema.graphql answer from what passes through the hub. */
export function subscriptionSchema(sdl: string, { hub, everyEvent }: SubscriptionSources): GraphQLSchema {
  const schema = buildSchema(sdl)
  const listen = (topic: string, { tenantId, dropSlow }: SubscriptionContext, closed: () => void): PassingQueue =>
    queuePassing(hub, { tenantId, topic, dropSlow, closed })
  resolve(schema, 'Query', 'channels', { resolve: () => Object.keys(channels) })
  resolve(schema, 'Subscription', 'violationOpened', {
    subscribe: (_root, _none, context) => only(listen(violationOpened.topic, context, () => undefined), ({ type }) => type === violationOpened.type),
    resolve: (passing: Passing) => violationOf(passing.event() as ViolationOpened),
  })
  resolve(schema, 'Subscription', 'alertChanged', {
    subscribe: (_root, _none, context) => listen(alertChanged.topic, context, () => undefined),
    resolve: (passing: Passing) => alertOf(passing.event() as AlertChanged),
  })
  resolve(schema, 'Subscription', 'eventScored', {
    async subscribe(_root, { riskMin }: { riskMin: number }, context) {
      const release = await everyEvent.acquire()
      const queue = listen(eventScored.topic, context, release)
      return riskMin <= 0 ? queue : only(queue, (event) => (event as EventScored).data.risk.score >= riskMin)
    },
    resolve: (passing: Passing) => eventOf(passing.event() as EventScored),
  })
  return schema
}

interface FieldResolvers<Root, Arguments> {
  readonly subscribe?: GraphQLFieldResolver<unknown, SubscriptionContext, Arguments>
  readonly resolve: GraphQLFieldResolver<Root, SubscriptionContext, Arguments>
}

function resolve<Root, Arguments>(schema: GraphQLSchema, type: string, field: string, resolvers: FieldResolvers<Root, Arguments>): void {
  const definition = (schema.getType(type) as GraphQLObjectType | undefined)?.getFields()[field]
  if (definition === undefined) throw new Error(`the schema has no field ${type}.${field}`)
  Object.assign(definition, resolvers)
}

/** Leaves out what isn't wanted. An iterator of its own: a generator that waits couldn't be ended from outside. */
function only(queue: PassingQueue, isWanted: (event: PipelineEvent) => boolean): PassingQueue {
  return {
    async next() {
      for (;;) {
        const result = await queue.next()
        if (result.done === true || isWanted(result.value.event())) return result
      }
    },
    return: () => queue.return(),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function violationOf({ subject, data: { violationId: id, eventId, ...rest } }: ViolationOpened): object {
  return { id, ...rest, subject: { id: subject }, event: { id: eventId } }
}

function alertOf({ data: { alertId: id, violationId, rule, severity, status } }: AlertChanged): object {
  return { id, violationId, rule, severity, status }
}

function eventOf({ subject, data: { event, findings, risk } }: EventScored): object {
  const { id, type, source, time } = event
  return { id, type, source, time, subject: { id: subject }, findings, risk }
}
