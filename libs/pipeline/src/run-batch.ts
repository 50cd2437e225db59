import { asError, decideBatch, rowsOf, type DecidedBatch } from './decide-batch.ts'
import { deadLetterOf } from './dead-letter.ts'
import type { Received, Stage } from './define-stage.ts'
import { TransientError, UnprocessableError, type DeadLetterCause } from './errors.ts'
import { outboundRecordsOf } from './outbound-records.ts'
import { deadLetter, type Decision } from './outcome.ts'
import { coordinatesOf, type InboundRecord, type OutboundRecord } from './record.ts'
import type { StagePorts } from './stage-ports.ts'
import type { SettledRecord } from './stage-tracer.ts'

/** What came of one record, and what is to be published because of it. */
export interface RecordOutcome extends SettledRecord {
  readonly publish: readonly OutboundRecord[]
}

/** What a batch is to publish and what came of each record; rows are saved by now. */
export interface BatchPlan {
  readonly outcomes: readonly RecordOutcome[]
  /** First event whose decision failed for an unforeseen reason: what stands before it is planned, the rest is not. */
  readonly failure: { readonly record: InboundRecord; readonly error: Error } | undefined
}

/**
 * Reads, decides and saves one batch in one transaction. When a value can't be stored, every event is tried alone,
 * in order, so that only the culprit becomes a dead letter.
 * @param beforeFold called when the memory is about to change: from then on a try that fails has soiled it
 */
export async function planBatch<Event, Facts, Row, State, Tx>(
  stage: Stage<Event, Facts, Row, State, Tx>,
  records: readonly InboundRecord[],
  memory: Facts | undefined,
  ports: StagePorts<Tx>,
  beforeFold: () => void = () => undefined,
): Promise<BatchPlan> {
  const unreadable: { record: InboundRecord; cause: DeadLetterCause }[] = []
  const batch: Received<Event>[] = []
  for (const record of records) {
    const read = stage.read(record)
    if (read.ok) batch.push(ports.tracer?.follow(read.received) ?? read.received)
    else unreadable.push({ record, cause: read.cause })
  }
  const decided = await decideAndSave(stage, batch, memory, ports, beforeFold)
  const nowMs = ports.nowMs()
  const outcomes: RecordOutcome[] = []
  const giveUp = (record: InboundRecord, tenantId: string, cause: DeadLetterCause) => {
    outcomes.push({ record, tenantId, outcome: { kind: 'dead_lettered', ...cause }, publish: [deadLetterOf(record, stage.name, cause, 1, nowMs)] })
    ports.observer.deadLettered({ stage: stage.name, tenantId, coordinates: coordinatesOf(record), reason: cause.reason, detail: cause.detail })
  }
  const failedOffset = decided.failure?.received.record.offset
  for (const { record, cause } of unreadable) {
    if (failedOffset === undefined || record.offset < failedOffset) giveUp(record, tenantOfKey(record), cause)
  }
  for (const { received, decision } of decided.decided) {
    if (decision.outcome.kind === 'dead_lettered') giveUp(received.record, received.tenantId, decision.outcome)
    else {
      const publish = outboundRecordsOf(stage.name, received, decision.emits, nowMs)
      outcomes.push({ record: received.record, tenantId: received.tenantId, outcome: decision.outcome, publish })
    }
  }
  return { outcomes, failure: decided.failure && { record: decided.failure.received.record, error: decided.failure.error } }
}

/**
 * Plans the batches of several lanes in one transaction: one statement a table for all of them. Lanes have nothing to do
 * with each other, so when an unforeseen failure in one would hold up the rest, each is planned by itself; what was
 * saved by then is saved again, which changes nothing.
 */
export async function planBatches<Event, Facts, Row, State, Tx>(
  stage: Stage<Event, Facts, Row, State, Tx>,
  batches: readonly (readonly InboundRecord[])[],
  ports: StagePorts<Tx>,
): Promise<BatchPlan[]> {
  const joint = await planBatch(stage, batches.flat(), undefined, ports)
  if (batches.length === 1) return [joint]
  if (joint.failure === undefined) {
    const outcomes: RecordOutcome[][] = batches.map(() => [])
    for (const outcome of joint.outcomes) outcomes[laneOf(outcome.record, batches)]?.push(outcome)
    return outcomes.map((own) => ({ outcomes: own, failure: undefined }))
  }
  const plans: BatchPlan[] = []
  for (const records of batches) plans.push(await planBatch(stage, records, undefined, ports))
  return plans
}

/** A lane is a partition. A stage may have read a record into another object, so identity says nothing. */
function laneOf({ topic, partition }: InboundRecord, batches: readonly (readonly InboundRecord[])[]): number {
  return batches.findIndex(([first]) => first?.partition === partition && first.topic === topic)
}

/** Before a record could be read, its key says whose it is: `tenant:subject`. */
function tenantOfKey(record: InboundRecord): string {
  const cut = record.key?.indexOf(':') ?? -1
  return cut > 0 ? (record.key as string).slice(0, Math.min(cut, 40)) : 'unknown'
}

async function decideAndSave<Event, Facts, Row, State, Tx>(
  stage: Stage<Event, Facts, Row, State, Tx>,
  batch: readonly Received<Event>[],
  memory: Facts | undefined,
  ports: StagePorts<Tx>,
  beforeFold: () => void,
): Promise<DecidedBatch<Event, Row, State>> {
  if (batch.length === 0) return { decided: [], failure: undefined }
  try {
    return await attempt(stage, batch, memory, ports, beforeFold)
  } catch (thrown) {
    const error = asError(thrown)
    if (!(error instanceof UnprocessableError) || stage.memory !== undefined) throw error
    if (batch.length > 1) return oneByOne(stage, batch, memory, ports, beforeFold)
    const decision = deadLetter({ reason: error.reason, detail: error.message }) as Decision<Row, State>
    return { decided: batch.map((received) => ({ received, decision })), failure: undefined }
  }
}

async function oneByOne<Event, Facts, Row, State, Tx>(
  stage: Stage<Event, Facts, Row, State, Tx>,
  batch: readonly Received<Event>[],
  memory: Facts | undefined,
  ports: StagePorts<Tx>,
  beforeFold: () => void,
): Promise<DecidedBatch<Event, Row, State>> {
  const decided: { received: Received<Event>; decision: Decision<Row, State> }[] = []
  for (const received of batch) {
    const single = await decideAndSave(stage, [received], memory, ports, beforeFold)
    decided.push(...single.decided)
    if (single.failure !== undefined) return { decided, failure: single.failure }
  }
  return { decided, failure: undefined }
}

async function attempt<Event, Facts, Row, State, Tx>(
  stage: Stage<Event, Facts, Row, State, Tx>,
  batch: readonly Received<Event>[],
  memory: Facts | undefined,
  ports: StagePorts<Tx>,
  beforeFold: () => void,
): Promise<DecidedBatch<Event, Row, State>> {
  const work = async (tx: Tx): Promise<DecidedBatch<Event, Row, State>> => {
    const facts = await stage.load(batch, tx, memory)
    beforeFold()
    const decided = decideBatch(stage, batch, facts)
    const rows = rowsOf(decided)
    await ports.reached?.('before-save')
    if (rows.length > 0) await stage.save?.(rows, tx)
    return decided
  }
  const { needsNoTransaction = false } = stage
  if (needsNoTransaction === true || (needsNoTransaction !== false && needsNoTransaction(batch))) return work(undefined as Tx)
  const inTransaction = () => ports.unitOfWork([...new Set(batch.map(({ tenantId }) => tenantId))], work)
  return ports.tracer === undefined ? inTransaction() : ports.tracer.share(batch, inTransaction)
}

export function isTransient(error: unknown): boolean {
  return error instanceof TransientError
}
