import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { memo, useState } from 'react'
import type { AlertItem, AlertStatus } from '../data/shapes.ts'
import { formatTime } from '../look/format.ts'
import { SeverityLabel, StatusLabel } from '../look/label.tsx'
import { Loading } from '../look/loading.tsx'
import { Panel } from '../look/panel.tsx'
import { TextButton } from '../look/text-button.tsx'

interface AlertsPanelProps {
  /** Undefined before they were read. */
  readonly alerts: readonly AlertItem[] | undefined
  readonly failed: boolean
}

const shownAtFirst = 8

const meanings: Readonly<Record<AlertStatus, string>> = {
  firing: 'it goes on, and nobody has said that they take care of it',
  acknowledged: 'it goes on, and somebody takes care of it',
  resolved: 'it is over',
}

/** What is wrong now, or was lately, and whether somebody takes care of it. */
export const AlertsPanel = memo(function AlertsPanel({ alerts, failed }: AlertsPanelProps) {
  const [all, setAll] = useState(false)
  if (alerts === undefined) {
    return (
      <Panel fitted area="alerts" title="Alerts">
        {failed ? <Typography color="textSecondary">The alerts could not be read.</Typography> : <Loading what="alerts" />}
      </Panel>
    )
  }
  const shown = all ? alerts : alerts.slice(0, shownAtFirst)
  return (
    <Panel fitted area="alerts" title="Alerts">
      {alerts.length === 0 && <Typography color="textSecondary">No alerts so far: each new violation makes one.</Typography>}
      <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {shown.map(({ id, rule, severity, status, createdAt, acknowledgedNote }) => (
          <Box component="li" key={id} sx={{ borderTop: 1, borderColor: 'divider', py: 1, '&:first-of-type': { borderTop: 0, pt: 0 } }}>
            <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
              <StatusLabel status={status} />
              {severity !== null && <SeverityLabel severity={severity} />}
              <Typography variant="body2" color="textSecondary">
                {createdAt === undefined ? 'just now' : <time dateTime={createdAt}>{formatTime(createdAt)}</time>}
              </Typography>
            </Box>
            <Typography variant="body2" sx={{ fontFamily: 'ui-monospace, monospace', fontSize: '0.8125rem', mt: 0.5 }}>
              {rule}
            </Typography>
            <Typography variant="body2" color="textSecondary">
              {meanings[status]}
              {acknowledgedNote !== undefined && acknowledgedNote !== null && acknowledgedNote !== '' ? `: ${acknowledgedNote}` : ''}
            </Typography>
          </Box>
        ))}
      </Box>
      {alerts.length > shownAtFirst && (
        <TextButton expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${alerts.length}`}
        </TextButton>
      )}
    </Panel>
  )
})
