import Box from '@mui/material/Box'

/** Points at what a button opens, or down at what it has opened. */
export function Chevron({ down }: { readonly down: boolean }) {
  return (
    <Box
      component="svg"
      viewBox="0 0 16 16"
      aria-hidden
      sx={{ width: 16, height: 16, flex: 'none', mt: '2px', color: 'text.secondary', transform: down ? 'rotate(90deg)' : 'none', transition: 'transform 120ms' }}
    >
      <path d="m6 3.5 4.5 4.5L6 12.5" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
    </Box>
  )
}
