import { Problem } from '@ott/http/problem'
import { refusal } from './graphql-errors.ts'

/** Tells a Problem as GraphQL does: what isn't there, what can't be taken, or a conflict that begins with the problem's code. Faults stay what they are. */
export async function refusing<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error
    if (error.status === 404) throw refusal('NOT_FOUND', error.message)
    if (error.status === 400) throw refusal('BAD_USER_INPUT', error.message)
    throw refusal('CONFLICT', `${error.code}: ${error.message}`)
  }
}
