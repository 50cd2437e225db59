import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import ButtonBase from '@mui/material/ButtonBase'
import Typography from '@mui/material/Typography'
import { memo, useId, useState } from 'react'
import type { CaseAct } from '../data/operations.ts'
import type { ViolationStatus, ViolationSummary } from '../data/shapes.ts'
import { Chevron } from '../look/chevron.tsx'
import { formatTime } from '../look/format.ts'
import { HiddenText } from '../look/hidden-text.tsx'
import { SeverityLabel, StatusLabel } from '../look/label.tsx'
import { ViolationExplanation } from './violation-explanation.tsx'

interface ViolationRowProps {
  readonly apiKey: string
  readonly violation: ViolationSummary
  readonly onAct: (id: string, act: CaseAct) => Promise<void>
}

/** What there is left to do with a violation of each status. */
const acts: Readonly<Record<ViolationStatus, readonly CaseAct[]>> = {
  open: ['acknowledge', 'resolve', 'falsePositive'],
  acknowledged: ['resolve', 'falsePositive'],
  in_review: ['resolve', 'falsePositive'],
  resolved: [],
  false_positive: [],
}
const actNames: Readonly<Record<CaseAct, string>> = { acknowledge: 'Acknowledge', resolve: 'Resolve', falsePositive: 'False positive' }

/** One violation: its essence, and what it rests on when opened. */
export const ViolationRow = memo(function ViolationRow({ apiKey, violation, onAct }: ViolationRowProps) {
  const { id, severity, status, message, rule, citation, openedAt, subject } = violation
  const [expanded, setExpanded] = useState(false)
  const [busy, setBusy] = useState<CaseAct>()
  const explanation = useId()

  const act = async (what: CaseAct) => {
    setBusy(what)
    await onAct(id, what)
    setBusy(undefined)
  }

  return (
    <Box component="li" sx={{ borderTop: 1, borderColor: 'divider', py: 1.5, '&:first-of-type': { borderTop: 0, pt: 0.5 } }}>
      <Box sx={{ display: 'flex', flexWrap: { xs: 'wrap', sm: 'nowrap' }, gap: 1.5, alignItems: 'flex-start' }}>
        <Box sx={{ flex: '1 1 auto', minWidth: 0 }}>
          <Typography variant="h3" component="h3">
            <ButtonBase
              onClick={() => setExpanded(!expanded)}
              aria-expanded={expanded}
              aria-controls={expanded ? explanation : undefined}
              sx={{ display: 'flex', gap: 1, width: '100%', justifyContent: 'flex-start', alignItems: 'flex-start', textAlign: 'left', font: 'inherit', borderRadius: 1, '&:hover': { textDecoration: 'underline' } }}
            >
              <Chevron down={expanded} />
              <span>{message}</span>
            </ButtonBase>
          </Typography>
          <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', columnGap: 1.25, rowGap: 0.5, mt: 0.75, pl: '24px' }}>
            <SeverityLabel severity={severity} />
            <StatusLabel status={status} />
            {[citation, `viewer ${subject.id}`].map((text) => (
              <Typography key={text} variant="body2" color="textSecondary">
                {text}
              </Typography>
            ))}
            <Typography component="time" dateTime={openedAt} variant="body2" color="textSecondary">
              {formatTime(openedAt)}
            </Typography>
            <Typography variant="body2" color="textSecondary" sx={{ width: '100%', fontFamily: 'ui-monospace, monospace', fontSize: '0.8125rem' }}>
              {rule}
            </Typography>
          </Box>
        </Box>
        {acts[status].length > 0 && (
          <Box sx={{ display: 'flex', flexWrap: 'wrap', flex: { xs: '1 1 100%', sm: 'none' }, minWidth: 0, gap: 1, pl: { xs: '24px', sm: 0 } }}>
            {acts[status].map((what) => (
              <Button key={what} size="small" variant={what === 'acknowledge' ? 'outlined' : 'text'} loading={busy === what} disabled={busy !== undefined && busy !== what} onClick={() => void act(what)}>
                {actNames[what]}
                <HiddenText>: {message}</HiddenText>
              </Button>
            ))}
          </Box>
        )}
      </Box>
      {expanded && (
        <Box id={explanation} sx={{ pl: { xs: 0, sm: '24px' }, pt: 1.5 }}>
          <ViolationExplanation apiKey={apiKey} id={id} />
        </Box>
      )}
    </Box>
  )
})
