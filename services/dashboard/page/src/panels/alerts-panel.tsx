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
  pending: 'on its way to the receiver',
  delivered: 'the receiver has it',
  failed: 'the receiver didn’t take it in any of the tries',
  unrouted: 'no receiver is named for this tenant',
}

/** What was told to the tenant's receiver, and whether it got there. */
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
        {shown.map(({ id, rule, severity, status, createdAt, attempts, lastError }) => (
          <Box component="li" key={id} sx={{ borderTop: 1, borderColor: 'divider', py: 1, '&:first-of-type': { borderTop: 0, pt: 0 } }}>
            <Box sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
              <StatusLabel status={status} />
              <SeverityLabel severity={severity} />
              <Typography variant="body2" color="textSecondary">
                {createdAt === undefined ? 'just now' : <time dateTime={createdAt}>{formatTime(createdAt)}</time>}
              </Typography>
            </Box>
            <Typography variant="body2" sx={{ fontFamily: 'ui-monospace, monospace', fontSize: '0.8125rem', mt: 0.5 }}>
              {rule}
            </Typography>
            <Typography variant="body2" color="textSecondary">
              {meanings[status]}
              {attempts !== undefined && attempts > 1 ? `, ${attempts} tries` : ''}
              {lastError !== undefined && lastError !== null && status !== 'delivered' ? `: ${lastError}` : ''}
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
