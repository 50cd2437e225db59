import type { Database } from '@ott/postgres/database'

/** A tenant's leave to learn from it, in averages with others'. */
export interface Membership {
  readonly tenantId: string
  readonly model: string
  /** What all rounds it takes part in may come to; null: anything. */
  readonly epsilonMax: number | null
  readonly joinedAt: Date
}

interface MembershipRow {
  tenant_id: string
  model: string
  epsilon_max: number | null
  joined_at: Date
}

const columns = 'tenant_id, model, epsilon_max, joined_at'

function membershipOf({ tenant_id, model, epsilon_max, joined_at }: MembershipRow): Membership {
  return { tenantId: tenant_id, model, epsilonMax: epsilon_max, joinedAt: joined_at }
}

/** Joins, or changes the bound of who has joined. */
export async function joinFederation(database: Database, { tenantId, model, epsilonMax, joinedBy }: Omit<Membership, 'joinedAt'> & { readonly joinedBy: string }): Promise<void> {
  await database.transaction([tenantId], async (sql) =>
    sql.send(
      `insert into ml_scoring.federation_members (tenant_id, model, epsilon_max, joined_by) values ($1, $2, $3, $4)
       on conflict (tenant_id, model) do update set epsilon_max = excluded.epsilon_max, joined_by = excluded.joined_by`,
      [tenantId, model, epsilonMax, joinedBy],
    ),
  )
}

/** @returns false when it was no member */
export async function leaveFederation(database: Database, tenantId: string, model: string): Promise<boolean> {
  const left = await database.transaction([tenantId], (sql) => sql.query('delete from ml_scoring.federation_members where tenant_id = $1 and model = $2 returning 1', [tenantId, model]))
  return left.length > 0
}

/** Members among the tenants, each tenant once, in one order. */
export async function listMembers(database: Database, tenants: readonly string[], model: string): Promise<Membership[]> {
  if (tenants.length === 0) return []
  const rows = await database.transaction(tenants, (sql) => sql.query<MembershipRow>(`select ${columns} from ml_scoring.federation_members where model = $1 order by tenant_id`, [model]))
  return rows.map(membershipOf)
}
