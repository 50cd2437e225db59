import { useTheme } from '@mui/material/styles'

/** The shield; a picture without meaning of its own beside the name. */
export function Logo({ sizePx = 32 }: { readonly sizePx?: number }) {
  const { vars } = useTheme()
  return (
    <svg width={sizePx} height={sizePx} viewBox="0 0 32 32" aria-hidden focusable={false}>
      <path d="M16 2 4 6.5v8.6C4 22.4 9.1 28.2 16 30c6.9-1.8 12-7.6 12-14.9V6.5z" fill={vars?.palette.primary.main} />
      <path d="m10 16 4.5 4.5L22.5 12" fill="none" stroke={vars?.palette.primary.contrastText} strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  )
}
