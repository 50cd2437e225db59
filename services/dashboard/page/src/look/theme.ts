import { createTheme } from '@mui/material/styles'

const systemFont = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

/** Fonts of the reader's own system, and two sets of colours whose texts all reach a contrast of 4.5 to 1. */
export const theme = createTheme({
  cssVariables: { colorSchemeSelector: 'data-theme' },
  colorSchemes: {
    light: {
      palette: {
        primary: { main: '#4338ca' },
        background: { default: '#f4f5f9', paper: '#ffffff' },
        text: { primary: '#161a2b', secondary: '#4d5468' },
        divider: '#dfe2ec',
      },
    },
    dark: {
      palette: {
        primary: { main: '#a5b4fc' },
        background: { default: '#0e111b', paper: '#171b28' },
        text: { primary: '#eceef6', secondary: '#a9b1c6' },
        divider: '#2b3145',
      },
    },
  },
  shape: { borderRadius: 10 },
  typography: {
    fontFamily: systemFont,
    h1: { fontSize: '1.125rem', fontWeight: 650 },
    h2: { fontSize: '1rem', fontWeight: 650 },
    h3: { fontSize: '0.9375rem', fontWeight: 600 },
    button: { textTransform: 'none', fontWeight: 600 },
  },
  components: {
    MuiPaper: { defaultProps: { variant: 'outlined' } },
    MuiButton: { defaultProps: { disableElevation: true } },
    MuiButtonBase: { defaultProps: { disableRipple: true } },
  },
})
