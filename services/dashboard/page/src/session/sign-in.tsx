import Alert from '@mui/material/Alert'
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import Paper from '@mui/material/Paper'
import TextField from '@mui/material/TextField'
import Typography from '@mui/material/Typography'
import { useCallback, useEffect, useRef, useState } from 'react'
import { tenantQuery } from '../data/operations.ts'
import { describeFailure, RequestFailed } from '../data/request-failed.ts'
import { requestGraphql } from '../data/request-graphql.ts'
import type { TenantItem } from '../data/shapes.ts'
import { Logo } from '../look/logo.tsx'
import { ThemeChoice } from '../look/theme-choice.tsx'

interface SignInProps {
  /** Of this tab, from before the page was loaded anew. */
  readonly restoredKey: string | undefined
  /** Why somebody who was signed in isn't any more. */
  readonly notice: string | undefined
  readonly onSignedIn: (apiKey: string, tenant: TenantItem) => void
}

/** Takes an API key and asks whose it is. */
export function SignIn({ restoredKey, notice, onSignedIn }: SignInProps) {
  const [apiKey, setApiKey] = useState('')
  const [busy, setBusy] = useState(restoredKey !== undefined)
  const [problem, setProblem] = useState<string>()
  const field = useRef<HTMLInputElement>(null)

  const failed = useCallback((error: unknown) => {
    setProblem(describeFailure(error))
    setBusy(false)
    field.current?.focus()
  }, [])
  useEffect(() => {
    if (restoredKey === undefined) return
    const leaving = new AbortController()
    requestGraphql(restoredKey, tenantQuery, {}, leaving.signal).then(
      ({ tenant }) => onSignedIn(restoredKey, tenant),
      (error: unknown) => {
        if (!leaving.signal.aborted) failed(error)
      },
    )
    return () => leaving.abort()
  }, [restoredKey, onSignedIn, failed])

  const submit = () => {
    const key = apiKey.trim()
    if (key === '') return failed(new RequestFailed('refused', 'Enter the API key of your tenant.'))
    setBusy(true)
    setProblem(undefined)
    requestGraphql(key, tenantQuery, {}).then(({ tenant }) => onSignedIn(key, tenant), failed)
  }

  return (
    <Box sx={{ minHeight: '100dvh', display: 'grid', gridTemplateRows: 'auto 1fr', p: 2 }}>
      <Box component="header" sx={{ justifySelf: 'end' }}>
        <ThemeChoice />
      </Box>
      <Box component="main" sx={{ display: 'grid', placeItems: 'center', pb: { xs: 4, sm: 8 } }}>
        <Paper sx={{ p: { xs: 3, sm: 4 }, width: '100%', maxWidth: 440, display: 'grid', gap: 2.5 }}>
          <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.5 }}>
            <Logo />
            <Typography variant="h1" sx={{ fontSize: '1.375rem' }}>
              OTT Compliance
            </Typography>
          </Box>
          <Typography color="textSecondary">See your events being judged, as they come in.</Typography>
          {notice !== undefined && <Alert severity="info">{notice}</Alert>}
          <Box
            component="form"
            noValidate
            onSubmit={(event) => {
              event.preventDefault()
              submit()
            }}
            sx={{ display: 'grid', gap: 2 }}
          >
            <TextField
              label="API key"
              type="password"
              autoComplete="off"
              required
              fullWidth
              value={apiKey}
              inputRef={field}
              error={problem !== undefined}
              helperText={problem ?? 'On a machine that ran "npm start", it is in .data/credentials.json.'}
              onChange={({ target }) => setApiKey(target.value)}
              slotProps={{ htmlInput: { spellCheck: false }, formHelperText: { role: problem === undefined ? undefined : 'alert' } }}
            />
            <Button type="submit" variant="contained" size="large" loading={busy} loadingPosition="start">
              {busy ? 'Signing in …' : 'Sign in'}
            </Button>
          </Box>
          <Typography variant="body2" color="textSecondary">
            The key stays in this tab and is forgotten with it.
          </Typography>
        </Paper>
      </Box>
    </Box>
  )
}
