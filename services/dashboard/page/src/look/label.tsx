import Box from '@mui/material/Box'
import type { Severity } from '../data/shapes.ts'

const box = { display: 'inline-block', px: 1, py: '2px', borderRadius: 1, fontSize: '0.75rem', fontWeight: 650, lineHeight: 1.5, whiteSpace: 'nowrap' } as const

/** How severe something is: in words, the colour only repeats it. */
export function SeverityLabel({ severity }: { readonly severity: Severity }) {
  return (
    <Box component="span" sx={{ ...box, color: `var(--severity-${severity})`, bgcolor: `var(--severity-${severity}-back)` }}>
      {severity}
    </Box>
  )
}

/** The state of something, in a word. */
export function StatusLabel({ status }: { readonly status: string }) {
  return (
    <Box component="span" sx={{ ...box, color: 'text.secondary', border: 1, borderColor: 'divider', py: '1px' }}>
      {status.replaceAll('_', ' ')}
    </Box>
  )
}
