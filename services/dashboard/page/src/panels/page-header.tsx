import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Link from '@mui/material/Link'
import Typography from '@mui/material/Typography'
import type { TenantItem } from '../data/shapes.ts'
import type { Connection } from '../live/live-store.ts'
import { Logo } from '../look/logo.tsx'
import { ThemeChoice } from '../look/theme-choice.tsx'

interface PageHeaderProps {
  readonly tenant: TenantItem
  readonly connection: Connection | 'offline'
  readonly onSignOut: () => void
}

const dotColours = { live: 'success.main', connecting: 'text.secondary', reconnecting: 'warning.main', offline: 'error.main' } as const
const texts = { live: 'Live', connecting: 'Connecting …', reconnecting: 'Reconnecting …', offline: 'Offline' } as const

const skipLink = {
  position: 'absolute',
  left: 8,
  top: -64,
  zIndex: 10,
  p: 1,
  borderRadius: 1,
  bgcolor: 'background.paper',
  '&:focus': { top: 8 },
} as const

/** Whose events these are, whether they come in, and the way out. */
export function PageHeader({ tenant, connection, onSignOut }: PageHeaderProps) {
  return (
    <Box component="header" sx={{ bgcolor: 'background.paper', borderBottom: 1, borderColor: 'divider' }}>
      <Link href="#content" sx={skipLink}>
        Skip to the content
      </Link>
      <Box sx={{ maxWidth: 1440, mx: 'auto', px: { xs: 1.5, sm: 2.5 }, py: 1.25, display: 'flex', flexWrap: 'wrap', alignItems: 'center', columnGap: 2, rowGap: 1.25 }}>
        <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.25, mr: 'auto' }}>
          <Logo sizePx={28} />
          <Box>
            <Typography variant="h1">OTT Compliance</Typography>
            <Typography variant="body2" color="textSecondary">
              {tenant.name ?? tenant.id}
            </Typography>
          </Box>
        </Box>
        <Box role="status" aria-label="Connection" sx={{ display: 'flex', alignItems: 'center', gap: 1, minWidth: 92 }}>
          <Box aria-hidden sx={{ width: 10, height: 10, borderRadius: '50%', bgcolor: dotColours[connection] }} />
          <Typography variant="body2">{texts[connection]}</Typography>
        </Box>
        <Box sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
          <ThemeChoice />
          <Button variant="outlined" onClick={onSignOut} sx={{ height: 40, whiteSpace: 'nowrap' }}>
            Sign out
          </Button>
        </Box>
      </Box>
    </Box>
  )
}
