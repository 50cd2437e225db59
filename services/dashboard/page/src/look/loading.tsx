import Box from '@mui/material/Box'
import CircularProgress from '@mui/material/CircularProgress'
import Typography from '@mui/material/Typography'

/** Says that something is on its way. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <Box role="status" sx={{ display: 'flex', alignItems: 'center', justifyContent: 'center', gap: 1.5, p: 4 }}>
      <CircularProgress size={20} aria-hidden />
      <Typography color="textSecondary">Loading {what} …</Typography>
    </Box>
  )
}
