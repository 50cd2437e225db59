import CssBaseline from '@mui/material/CssBaseline'
import GlobalStyles from '@mui/material/GlobalStyles'
import { ThemeProvider } from '@mui/material/styles'
import { lazy, Suspense, useCallback, useEffect, useState } from 'react'
import type { TenantItem } from './data/shapes.ts'
import { theme } from './look/theme.ts'
import { everywhere } from './look/global-styles.ts'
import { Loading } from './look/loading.tsx'
import { forgetKey, keepKey, readKey } from './session/session-key.ts'
import { SignIn } from './session/sign-in.tsx'

/** Charts and lists are most of the page's bytes: they load while somebody looks for the key. */
const loadDashboard = () => import('./dashboard.tsx').then(({ Dashboard }) => ({ default: Dashboard }))
const Dashboard = lazy(loadDashboard)

interface Session {
  readonly apiKey: string
  readonly tenant: TenantItem
}

/** The whole page: signing in, then the dashboard of one tenant. */
export function App() {
  const [session, setSession] = useState<Session>()
  const [restored, setRestored] = useState(readKey)
  const [notice, setNotice] = useState<string>()

  useEffect(() => void loadDashboard().catch(() => undefined), [])

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
      ) : (
        <Suspense fallback={<Loading what="the dashboard" />}>
          <Dashboard apiKey={session.apiKey} tenant={session.tenant} onSignOut={signOut} />
        </Suspense>
      )}
    </ThemeProvider>
  )
}
