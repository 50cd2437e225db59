import MenuItem from '@mui/material/MenuItem'
import TextField from '@mui/material/TextField'
import { useColorScheme } from '@mui/material/styles'

const modes = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const

/** Light or dark; remembered, and as the system has it unless chosen. */
export function ThemeChoice() {
  const { mode, setMode } = useColorScheme()
  return (
    <TextField
      select
      size="small"
      label="Theme"
      value={mode ?? 'system'}
      onChange={({ target }) => setMode(target.value as 'system' | 'light' | 'dark')}
      sx={{ minWidth: 132 }}
    >
      {modes.map(([value, text]) => (
        <MenuItem key={value} value={value}>
          {text}
        </MenuItem>
      ))}
    </TextField>
  )
}
