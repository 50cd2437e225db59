import CssBaseline from '@mui/material/CssBaseline'
import GlobalStyles from '@mui/material/GlobalStyles'
import { ThemeProvider } from '@mui/material/styles'
import { useCallback, useState } from 'react'
import type { TenantItem } from './data/shapes.ts'
import { Outdated } from './look/outdated.tsx'
import { theme } from './look/theme.ts'
import { everywhere } from './look/global-styles.ts'
import { Loading } from './look/loading.tsx'
import { useDashboard } from './session/use-dashboard.ts'
import { forgetKey, keepKey, readKey } from './session/session-key.ts'
import { SignIn } from './session/sign-in.tsx'

interface Session {
  readonly apiKey: string
  readonly tenant: TenantItem
}

/** The whole page: signing in, then the dashboard of one tenant. */
export function App() {
  const [session, setSession] = useState<Session>()
  const [restored, setRestored] = useState(readKey)
  const [notice, setNotice] = useState<string>()

  const dashboard = useDashboard()

  const signedIn = useCallback((apiKey: string, tenant: TenantItem) => {
    keepKey(apiKey)
    setNotice(undefined)
    setSession({ apiKey, tenant })
  }, [])
  const signOut = useCallback((why?: string) => {
    forgetKey()
    setRestored(undefined)
    setNotice(why)
    setSession(undefined)
  }, [])

  return (
    <ThemeProvider theme={theme} defaultMode="system" noSsr>
      <CssBaseline enableColorScheme />
      <GlobalStyles styles={everywhere} />
      {session === undefined ? (
        <SignIn restoredKey={restored} notice={notice} onSignedIn={signedIn} />
      ) : dashboard === 'failed' ? (
        <Outdated />
      ) : dashboard === undefined ? (
        <Loading what="the dashboard" />
      ) : (
        <dashboard.Dashboard apiKey={session.apiKey} tenant={session.tenant} onSignOut={signOut} />
      )}
    </ThemeProvider>
  )
}
