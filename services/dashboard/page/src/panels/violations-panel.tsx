import Alert from '@mui/material/Alert'
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { memo, useCallback, useState } from 'react'
import { caseMutations, type CaseAct, type Operation } from '../data/operations.ts'
import { describeFailure } from '../data/request-failed.ts'
import { requestGraphql } from '../data/request-graphql.ts'
import type { ViolationSummary } from '../data/shapes.ts'
import { Loading } from '../look/loading.tsx'
import { Panel } from '../look/panel.tsx'
import { TextButton } from '../look/text-button.tsx'
import { ViolationRow } from './violation-row.tsx'

interface ViolationsPanelProps {
  readonly apiKey: string
  /** Undefined before they were read. */
  readonly violations: readonly ViolationSummary[] | undefined
  readonly failed: boolean
  readonly onChanged: (violation: ViolationSummary) => void
}

const shownAtFirst = 10

/** The latest violations, each with what it rests on. */
export const ViolationsPanel = memo(function ViolationsPanel({ apiKey, violations, failed, onChanged }: ViolationsPanelProps) {
  const [all, setAll] = useState(false)
  const [problem, setProblem] = useState<string>()

  const act = useCallback(
    async (id: string, what: CaseAct) => {
      try {
        const mutation: Operation<{ changed: ViolationSummary }, { id: string }> = caseMutations[what]
        const { changed } = await requestGraphql(apiKey, mutation, { id })
        onChanged(changed)
        setProblem(undefined)
      } catch (error) {
        setProblem(describeFailure(error))
      }
    },
    [apiKey, onChanged],
  )

  if (violations === undefined) {
    return (
      <Panel fitted area="violations" title="Latest violations">
        {failed ? <Typography color="textSecondary">The violations could not be read.</Typography> : <Loading what="violations" />}
      </Panel>
    )
  }
  const open = violations.filter(({ status }) => status === 'open').length
  const shown = all ? violations : violations.slice(0, shownAtFirst)
  return (
    <Panel fitted area="violations" title="Latest violations" note={violations.length === 0 ? undefined : `${open} of the latest ${violations.length} wait for somebody to take care of them`}>
      {problem !== undefined && (
        <Alert severity="error" sx={{ mb: 1.5 }} onClose={() => setProblem(undefined)}>
          {problem}
        </Alert>
      )}
      {violations.length === 0 && (
        <Typography color="textSecondary">
          No violations so far. Post the sample “Viewing history goes to an ad network”, or send your own events to POST /v1/events.
        </Typography>
      )}
      <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {shown.map((violation) => (
          <ViolationRow key={violation.id} apiKey={apiKey} violation={violation} onAct={act} />
        ))}
      </Box>
      {violations.length > shownAtFirst && (
        <TextButton expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${violations.length}`}
        </TextButton>
      )}
    </Panel>
  )
})
