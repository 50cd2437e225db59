import type { GlobalStylesProps } from '@mui/material/GlobalStyles'

/** Colours of severities: text and background, in either theme. */
const severities = {
  critical: { light: ['#8c1d18', '#fde3e1'], dark: ['#ffdad6', '#6b1712'] },
  high: { light: ['#7a3b00', '#ffe6cc'], dark: ['#ffdcc0', '#5c2e00'] },
  medium: { light: ['#5c4800', '#fff1bd'], dark: ['#ffe08a', '#463900'] },
  low: { light: ['#0b4a7a', '#e1eef9'], dark: ['#cfe5fa', '#0f3a5c'] },
} as const

/** The series of charts; each stands out from its background 3 to 1. */
const charts = { light: ['#4f46e5', '#c2410c'], dark: ['#818cf8', '#fb923c'] } as const

function variablesOf(scheme: 'light' | 'dark'): Record<string, string> {
  const variables = Object.entries(severities).flatMap(([name, colours]) => [
    [`--severity-${name}`, colours[scheme][0]],
    [`--severity-${name}-back`, colours[scheme][1]],
  ])
  return { ...Object.fromEntries(variables), '--chart-calm': charts[scheme][0], '--chart-alarming': charts[scheme][1] }
}

/** What holds for the whole page: a focus that is seen, no motion for those who want none. */
export const everywhere: GlobalStylesProps['styles'] = {
  ':root': variablesOf('light'),
  ':root[data-theme="dark"]': variablesOf('dark'),
  ':focus-visible': { outline: '3px solid var(--mui-palette-primary-main) !important', outlineOffset: '2px' },
  body: { overflowWrap: 'anywhere' },
  '@media (prefers-reduced-motion: reduce)': {
    '*, *::before, *::after': { animationDuration: '0.01ms !important', animationIterationCount: '1 !important', transitionDuration: '0.01ms !important', scrollBehavior: 'auto !important' },
  },
}
