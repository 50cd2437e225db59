import Box from '@mui/material/Box'
import Typography from '@mui/material/Typography'
import { BarChart } from '@mui/x-charts/BarChart'
import { memo } from 'react'
import { scoresKept } from '../live/live-store.ts'
import { binLabel, isAtOrAbove } from '../live/score-histogram.ts'
import { ChartFigure } from '../look/chart-figure.tsx'
import { formatNumber } from '../look/format.ts'
import { Panel } from '../look/panel.tsx'

interface RiskPanelProps {
  /** Events per tenth of the scale. */
  readonly scores: readonly number[]
  readonly threshold: number | null
}

/** How risky the behaviour behind the latest events was. */
export const RiskPanel = memo(function RiskPanel({ scores, threshold }: RiskPanelProps) {
  const total = scores.reduce((sum, count) => sum + count, 0)
  const bound = threshold ?? Infinity
  const alarming = scores.reduce((sum, count, bin) => sum + (isAtOrAbove(bin, bound) ? count : 0), 0)
  const aboveText = threshold === null ? '' : `, ${formatNumber(alarming)} in the bars from ${threshold} on, where a violation opens`
  const series = (colour: string, label: string, wanted: boolean) => ({
    data: scores.map((count, bin) => (isAtOrAbove(bin, bound) === wanted ? count : 0)),
    color: colour,
    label,
    stack: 'all',
  })
  return (
    <Panel area="risk" title="Risk of the latest events" note={total === 0 ? 'Nothing came in since you opened this page. Post a sample event to see something.' : `${formatNumber(total)} ${total === 1 ? 'event' : 'events'}${total === scoresKept ? ', the latest' : ' since you opened this page'}`}>
      <ChartFigure
        summary={`Risk scores of the latest ${formatNumber(total)} events, from 0 to 1${aboveText}`}
        columns={['Risk score', 'Events']}
        rows={scores.map((count, bin) => [binLabel(bin), formatNumber(count)])}
      >
        <BarChart
          height={160}
          margin={{ left: 0, right: 8, top: 12, bottom: 0 }}
          skipAnimation
          disableKeyboardNavigation
          hideLegend
          xAxis={[{ data: scores.map((_, bin) => binLabel(bin)), scaleType: 'band', categoryGapRatio: 0.15, height: 24, disableLine: true, disableTicks: true, valueFormatter: (label: string, { location }) => (location === 'tick' ? (label.split('–')[0] ?? '') : label) }]}
          yAxis={[{ scaleType: 'sqrt', min: 0, max: Math.max(4, ...scores), width: 44, tickNumber: 3, disableLine: true, disableTicks: true, valueFormatter: (value: number) => (Number.isInteger(value) ? formatNumber(value) : '') }]}
          series={[series('var(--chart-calm)', 'below the threshold', false), series('var(--chart-alarming)', 'at or above the threshold', true)]}
          grid={{ horizontal: true }}
        />
      </ChartFigure>
      {threshold !== null && (
        <Typography variant="body2" color="textSecondary" sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
          <Box component="span" aria-hidden sx={{ flex: 'none', width: 12, height: 12, borderRadius: '3px', bgcolor: 'var(--chart-alarming)' }} />
          from {threshold} on, behaviour opens a violation
        </Typography>
      )}
    </Panel>
  )
})
