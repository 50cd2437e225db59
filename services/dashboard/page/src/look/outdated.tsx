import Alert from '@mui/material/Alert'
import Box from '@mui/material/Box'
import Button from '@mui/material/Button'

/** For a page whose parts can't be fetched any more, since a newer one has been installed meanwhile. */
export function Outdated() {
  return (
    <Box component="main" sx={{ p: 2 }}>
      <Alert severity="error" action={<Button color="inherit" size="small" onClick={() => location.reload()}>Load anew</Button>}>
        A part of this page can’t be fetched: the connection is gone, or a newer page has been installed meanwhile.
      </Alert>
    </Box>
  )
}
