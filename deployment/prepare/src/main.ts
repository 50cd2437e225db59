import { translatePostgresError } from '@ott/postgres/postgres-errors'
import { createTopics, provisionDatabase } from './prepare-installation.ts'
import { readPrepareSettings } from './settings.ts'
import { untilItAnswers } from './until-it-answers.ts'

/** Makes what the services need before they start, then ends: roles, schemas and topics. See README.md. */
async function main(): Promise<void> {
  const { installation, waitMsMax } = readPrepareSettings(process.env)
  const deadlineMs = performance.now() + waitMsMax
  const database = untilItAnswers('the database', deadlineMs, () =>
    provisionDatabase(installation).catch((error: unknown) => {
      throw translatePostgresError(error)
    }),
  )
  const topics = untilItAnswers('the broker', deadlineMs, () => createTopics(installation))
  // Both are waited for, so that one message tells everything that is wrong.
  const failures = (await Promise.allSettled([database, topics])).filter((end) => end.status === 'rejected')
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => sentenceOf(reason)).join('; '))
}

/** A failed migration's message holds the whole statement. */
function sentenceOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line.slice(0, 2_000)
}

const startedAtMs = performance.now()
try {
  await main()
  process.stdout.write(`prepare: roles, schemas and topics are there, after ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s\n`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`prepare: ${sentenceOf(error)}\n`)
  process.exit(1)
}
