import Alert from '@mui/material/Alert'
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'
import MenuItem from '@mui/material/MenuItem'
import TextField from '@mui/material/TextField'
import { memo, useEffect, useRef, useState } from 'react'
import { describeFailure } from '../data/request-failed.ts'
import { Panel } from '../look/panel.tsx'
import { describeDecision, postSample } from './post-sample.ts'
import { samples, type SampleName } from './sample-events.ts'

interface Told {
  readonly severity: 'success' | 'error'
  readonly text: string
}

/** Posts an event that was made up, so that there is something to see. */
export const SamplePanel = memo(function SamplePanel({ apiKey }: { readonly apiKey: string }) {
  const [name, setName] = useState<SampleName>('breach')
  const [busy, setBusy] = useState(false)
  const [told, setTold] = useState<Told>()
  const leaving = useRef<AbortController>(undefined)
  useEffect(() => () => leaving.current?.abort(), [])

  const post = async () => {
    const { signal } = (leaving.current = new AbortController())
    setBusy(true)
    try {
      const posted = await postSample(apiKey, name, signal)
      setTold({ severity: 'success', text: describeDecision(posted) })
    } catch (error) {
      if (signal.aborted) return
      setTold({ severity: 'error', text: describeFailure(error) })
    }
    setBusy(false)
  }

  return (
    <Panel area="sample" title="Post a sample event">
      <Box
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          void post()
        }}
        sx={{ display: 'grid', gap: 1.5 }}
      >
        <TextField
          select
          fullWidth
          size="small"
          label="Event"
          value={name}
          onChange={({ target }) => setName(target.value as SampleName)}
          helperText={samples.find((sample) => sample.name === name)?.hint}
        >
          {samples.map((sample) => (
            <MenuItem key={sample.name} value={sample.name} sx={{ whiteSpace: 'normal' }}>
              {sample.title}
            </MenuItem>
          ))}
        </TextField>
        <Button type="submit" variant="contained" loading={busy} sx={{ justifySelf: 'start' }}>
          Post event
        </Button>
      </Box>
      <Box role="status" aria-label="What became of the sample">
        {told !== undefined && (
          <Alert severity={told.severity} role={undefined} sx={{ mt: 1.5 }}>
            {told.text}
          </Alert>
        )}
      </Box>
    </Panel>
  )
})
