import Alert from '@mui/material/Alert'
import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { useEffect, useState, type ReactNode } from 'react'
import { violationDetailsQuery } from '../data/operations.ts'
import { describeFailure } from '../data/request-failed.ts'
import { requestGraphql } from '../data/request-graphql.ts'
import type { ViolationDetails } from '../data/shapes.ts'
import { evidencePairs, formatTime } from '../look/format.ts'
import { Loading } from '../look/loading.tsx'
import { AttentionChart } from './attention-chart.tsx'
import { FactorChart } from './factor-chart.tsx'
import { FactList } from './fact-list.tsx'
import { FindingList } from './finding-list.tsx'

const evidenceShownMax = 5

function due(by: string, isOverdue: boolean): string {
  return `${formatTime(by)}${isOverdue ? ', overdue' : ''}`
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Box sx={{ minWidth: 0 }}>
      <Typography variant="h3" component="h4" sx={{ mb: 0.75 }}>
        {title}
      </Typography>
      {children}
    </Box>
  )
}

/** What a violation rests on: the event, what was found in it, the values that mattered, and the risk with its parts. */
export function ViolationExplanation({ apiKey, id }: { readonly apiKey: string; readonly id: string }) {
  const [details, setDetails] = useState<ViolationDetails | null>()
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    const leaving = new AbortController()
    requestGraphql(apiKey, violationDetailsQuery, { id }, leaving.signal).then(
      ({ violation }) => setDetails(violation),
      (error: unknown) => {
        if (!leaving.signal.aborted) setProblem(describeFailure(error))
      },
    )
    return () => leaving.abort()
  }, [apiKey, id])

  if (problem !== undefined) return <Alert severity="error">{problem}</Alert>
  if (details === undefined) return <Loading what="the explanation" />
  if (details === null) return <Alert severity="info">This violation isn’t there any more.</Alert>
  const { event, evidence, evidenceCount } = details
  const facts: readonly (readonly [string, string])[] = [
    ['Event', event.id],
    ...(event.type === null ? [] : [['Type', event.type] as const]),
    ...(event.source === null ? [] : [['Source', event.source] as const]),
    ...(event.time === null ? [] : [['Happened', formatTime(event.time)] as const]),
    ['Last evidence', formatTime(details.lastEvidenceAt)],
    ...(details.acknowledgedAt === null ? [] : [['Acknowledged', `${formatTime(details.acknowledgedAt)} with key ${details.acknowledgedBy ?? 'unknown'}`] as const]),
    ...(details.assignee === null ? [] : [['Assigned to', details.assignee] as const]),
    ...(details.status === 'open' ? [['Acknowledge by', due(details.dueTimes.acknowledgeBy, details.dueTimes.isAcknowledgeOverdue)] as const] : []),
    ...(details.status === 'resolved' || details.status === 'false_positive' ? [] : [['Close by', due(details.dueTimes.resolveBy, details.dueTimes.isResolveOverdue)] as const]),
  ]
  return (
    <Box sx={{ display: 'grid', gap: 2.5, gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) minmax(0, 1fr)' }, bgcolor: 'background.default', borderRadius: 2, p: 2 }}>
      <Part title="The event that opened it">
        <FactList facts={facts} />
      </Part>
      <Part title={evidenceCount === 1 ? 'Evidence' : `Evidence (${evidenceCount} events)`}>
        {evidence.slice(0, evidenceShownMax).map((piece, place) => (
          <Box key={`${piece.event.id} ${place}`} sx={{ mb: 1 }}>
            {evidence.length > 1 && (
              <Typography variant="body2" color="textSecondary">
                {formatTime(piece.at)} · {piece.event.id}
              </Typography>
            )}
            <FactList facts={evidencePairs(piece.values)} />
          </Box>
        ))}
        {evidenceCount > evidenceShownMax && <Typography variant="body2" color="textSecondary">and {evidenceCount - evidenceShownMax} more</Typography>}
      </Part>
      <Part title="What was found in the event">
        <FindingList findings={event.findings} />
      </Part>
      <Part title="How risky its viewer’s behaviour was">
        <FactorChart risk={event.risk} />
      </Part>
      {details.subject.attention !== null && (
        <Part title="Where the sequence model looks now">
          <AttentionChart attention={details.subject.attention} />
        </Part>
      )}
    </Box>
  )
}
