import { fileURLToPath } from 'node:url'
import { isPageBuilt } from '@ott/dashboard/page-sources'
import { reasonOf, runCommand } from '@ott/dev-env/run-command'
import { StartError } from '@ott/dev-env/start-error'

const program = fileURLToPath(new URL('../../../services/dashboard/build/build-page.ts', import.meta.url))

/**
 * Builds the dashboard's page when it isn't there or its sources have changed since; otherwise it takes some ms.
 * In a process of its own, whose memory is gone afterwards.
 */
export async function buildPage({ log, signal }: { readonly log: (line: string) => void; readonly signal?: AbortSignal }): Promise<void> {
  if (await isPageBuilt()) return
  log("building the dashboard's page, once …")
  const startedAtMs = performance.now()
  const result = await runCommand(process.execPath, ['--disable-warning=ExperimentalWarning', program], { ...(signal && { signal }), timeoutMs: 120_000 })
  signal?.throwIfAborted()
  if (result.code !== 0) throw new StartError(`the dashboard's page could not be built: ${reasonOf(result)}`)
  log(`the dashboard's page: ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`)
}
