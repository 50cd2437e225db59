import { randomUUID } from 'node:crypto'
import type { Database } from '@ott/postgres/database'

export interface LeadTaskOptions {
  readonly database: Database
  /** Names the work: of all processes one does it. */
  readonly task: string
  readonly intervalMs: number
  /** How long a leader may be silent before another takes over; well above the interval. */
  readonly leaseMs: number
  /**
   * A turn of the work, however long: the lead is kept meanwhile. The signal ends it when the lead is lost, or the process stops. It must be harmless when
   * done twice: who is overtaken learns of it an interval later.
   */
  work(signal: AbortSignal): Promise<void>
  onFault(error: unknown): void
}

/** Work that one of all processes does, at intervals: whoever holds the lease in the database, which a leader that stops gives back. */
export function leadTask({ database, task, intervalMs, leaseMs, work, onFault }: LeadTaskOptions): { isLeader(): boolean; stop(): Promise<void> } {
  const holder = randomUUID()
  const stopping = new AbortController()
  let lost = new AbortController()
  let leads = false
  let turn: Promise<void> | undefined
  let keeping: Promise<void> | undefined

  const look = async () => {
    lost = new AbortController()
    leads = await holdLead(database, task, holder, leaseMs)
    if (leads) await work(AbortSignal.any([stopping.signal, lost.signal]))
  }
  const keep = async () => {
    leads = await holdLead(database, task, holder, leaseMs)
    if (!leads) lost.abort(new Error(`another process leads ${task} by now`))
  }
  const start = () => {
    if (stopping.signal.aborted) return
    if (turn !== undefined) {
      // What fails here is tried again at the next interval, and the lease is longer than that.
      if (leads) keeping ??= keep().catch(() => undefined).finally(() => (keeping = undefined))
      return
    }
    turn = look()
      .catch((error: unknown) => {
        // Who was overtaken, or told to stop, has nothing to complain of.
        if (!stopping.signal.aborted && !lost.signal.aborted) onFault(error)
        leads = false
      })
      .finally(() => (turn = undefined))
  }
  const timer = setInterval(start, intervalMs)
  start()
  return {
    isLeader: () => leads,
    async stop() {
      stopping.abort()
      clearInterval(timer)
      await Promise.all([turn, keeping])
      if (leads) await giveUpLead(database, task, holder).catch(onFault)
      leads = false
    },
  }
}

/** Takes the lead where nobody has it, or keeps it. By the database's clock: the processes' own may differ. */
async function holdLead(database: Database, task: string, holder: string, leaseMs: number): Promise<boolean> {
  const held = await database.transaction([], (sql) =>
    sql.query(
      `insert into ml_scoring.leaders as l (task, holder, held_until) values ($1, $2, now() + $3 * interval '1 ms')
       on conflict (task) do update set holder = excluded.holder, held_until = excluded.held_until where l.holder = excluded.holder or l.held_until < now()
       returning 1`,
      [task, holder, leaseMs],
    ),
  )
  return held.length > 0
}

async function giveUpLead(database: Database, task: string, holder: string): Promise<void> {
  await database.transaction([], async (sql) => sql.send('delete from ml_scoring.leaders where task = $1 and holder = $2', [task, holder]))
}
