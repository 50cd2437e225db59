import Alert from '@mui/material/Alert'
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import { useCallback, useEffect, useRef } from 'react'
import type { TenantItem } from './data/shapes.ts'
import { useLiveData } from './live/use-live-data.ts'
import { useOnline } from './live/use-online.ts'
import { HiddenText } from './look/hidden-text.tsx'
import { AlertsPanel } from './panels/alerts-panel.tsx'
import { PageHeader } from './panels/page-header.tsx'
import { RatePanel } from './panels/rate-panel.tsx'
import { RiskPanel } from './panels/risk-panel.tsx'
import { SamplePanel } from './panels/sample-panel.tsx'
import { ViolationsPanel } from './panels/violations-panel.tsx'

interface DashboardProps {
  readonly apiKey: string
  readonly tenant: TenantItem
  readonly onSignOut: (why?: string) => void
}

const areas = {
  xs: '"rate" "risk" "sample" "violations" "alerts"',
  md: '"rate risk" "violations sample" "violations alerts"',
}

/** What happens to one tenant, now. */
export function Dashboard({ apiKey, tenant, onSignOut }: DashboardProps) {
  const refused = useCallback(() => onSignOut('You were signed out: the API key isn’t known here any more.'), [onSignOut])
  const { snapshot, store, problem, reload } = useLiveData(apiKey, refused)
  const online = useOnline()
  const content = useRef<HTMLElement>(null)
  // The form that had the focus is gone.
  useEffect(() => content.current?.focus(), [])
  return (
    <>
      <PageHeader tenant={tenant} connection={online ? snapshot.connection : 'offline'} onSignOut={() => onSignOut()} />
      <Box component="main" ref={content} id="content" tabIndex={-1} sx={{ maxWidth: 1440, mx: 'auto', p: { xs: 1.5, sm: 2.5 }, outline: 'none !important' }}>
        {!online && (
          <Alert severity="warning" sx={{ mb: 2 }}>
            This device is offline. What is shown is what was known before; it goes on by itself.
          </Alert>
        )}
        {online && problem !== undefined && (
          <Alert severity="error" sx={{ mb: 2 }} action={<Button color="inherit" size="small" onClick={reload}>Try again</Button>}>
            {problem}
          </Alert>
        )}
        <HiddenText live>{snapshot.announcement}</HiddenText>
        <Box
          sx={{
            display: 'grid',
            gap: { xs: 1.5, sm: 2.5 },
            gridTemplateAreas: areas,
            gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'minmax(0, 1.7fr) minmax(0, 1fr)' },
            gridTemplateRows: { md: 'auto auto 1fr' },
          }}
        >
          <RatePanel rate={snapshot.rate} />
          <RiskPanel scores={snapshot.scores} threshold={tenant.riskThreshold} />
          <SamplePanel apiKey={apiKey} />
          <ViolationsPanel apiKey={apiKey} violations={snapshot.violations} failed={problem !== undefined} onChanged={store.violationChanged} />
          <AlertsPanel alerts={snapshot.alerts} failed={problem !== undefined} />
        </Box>
      </Box>
    </>
  )
}
