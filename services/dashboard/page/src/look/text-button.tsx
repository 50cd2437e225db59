import Button from '@mui/material/Button'
import type { ReactNode } from 'react'

interface TextButtonProps {
  /** For a button that shows and hides something. */
  readonly expanded?: boolean
  readonly onClick: () => void
  readonly children: ReactNode
}

/** A button that looks like a line of text. */
export function TextButton({ expanded, onClick, children }: TextButtonProps) {
  return (
    <Button size="small" onClick={onClick} sx={{ px: 0.5, minWidth: 0 }} {...(expanded !== undefined && { 'aria-expanded': expanded })}>
      {children}
    </Button>
  )
}
