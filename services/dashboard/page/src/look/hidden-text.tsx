import Box from '@mui/material/Box'
import type { ReactNode } from 'react'

/** Not `display: none`, which would hide it from screen readers as well. */
const hidden = { position: 'absolute', width: '1px', height: '1px', m: '-1px', p: 0, overflow: 'hidden', clipPath: 'inset(50%)', whiteSpace: 'nowrap', border: 0 } as const

/** Text for those who listen to the page; `live` is read out when it changes, once nothing else is. */
export function HiddenText({ live = false, children }: { readonly live?: boolean; readonly children: ReactNode }) {
  return (
    <Box component={live ? 'div' : 'span'} sx={hidden} {...(live && { role: 'status', 'aria-live': 'polite' })}>
      {children}
    </Box>
  )
}
