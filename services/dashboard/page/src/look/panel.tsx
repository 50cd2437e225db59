import Box from '@mui/material/Box'
import Paper from '@mui/material/Paper'
import Typography from '@mui/material/Typography'
import { useId, type ReactNode } from 'react'

interface PanelProps {
  readonly title: string
  /** One line below the title. */
  readonly note?: ReactNode
  /** Beside the title. */
  readonly action?: ReactNode
  /** Where it is in the page's grid. */
  readonly area: string
  /** As high as its content, where the grid would stretch it. */
  readonly fitted?: boolean
  readonly children: ReactNode
}

/** A titled part of the page. */
export function Panel({ title, note, action, area, fitted = false, children }: PanelProps) {
  const id = useId()
  return (
    <Paper component="section" aria-labelledby={id} sx={{ gridArea: area, p: { xs: 2, sm: 2.5 }, minWidth: 0, alignSelf: fitted ? 'start' : 'stretch' }}>
      <Box sx={{ display: 'flex', alignItems: 'baseline', gap: 1, justifyContent: 'space-between', flexWrap: 'wrap', mb: note === undefined ? 1.5 : 0.5 }}>
        <Typography variant="h2" id={id}>
          {title}
        </Typography>
        {action}
      </Box>
      {note !== undefined && (
        <Typography variant="body2" color="textSecondary" sx={{ mb: 1.5 }}>
          {note}
        </Typography>
      )}
      {children}
    </Paper>
  )
}
