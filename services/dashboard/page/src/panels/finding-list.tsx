import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import type { Finding } from '../data/shapes.ts'
import { SeverityLabel } from '../look/label.tsx'

/** Every rule that one event breaks, with what to do about it; null when that can't be asked just now. */
export function FindingList({ findings }: { readonly findings: readonly Finding[] | null }) {
  if (findings === null) return <Typography variant="body2">The service that judges can’t be asked just now.</Typography>
  if (findings.length === 0) return <Typography variant="body2">It breaks no rule by itself; the behaviour as a whole was too risky.</Typography>
  return (
    <Box component="ul" sx={{ m: 0, p: 0, listStyle: 'none', display: 'grid', gap: 1.25 }}>
      {findings.map(({ rule, citation, severity, message, remediation }) => (
        <li key={rule}>
          <Typography variant="body2">
            <SeverityLabel severity={severity} /> <strong>{citation}</strong> · {message}
          </Typography>
          {remediation !== null && (
            <Typography variant="body2" color="textSecondary">
              What to do: {remediation}
            </Typography>
          )}
        </li>
      ))}
    </Box>
  )
}
