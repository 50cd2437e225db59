import Typography from '@mui/material/Typography'
import { LineChart } from '@mui/x-charts/LineChart'
import { memo } from 'react'
import { rateOf, spansOf, type RatePoint } from '../live/rate-counter.ts'
import { ChartFigure } from '../look/chart-figure.tsx'
import { formatNumber, formatTime } from '../look/format.ts'
import { Panel } from '../look/panel.tsx'

const meanSeconds = 5
const spanSeconds = 15

const describe = (rate: number | undefined) => (rate === undefined ? 'unknown' : formatNumber(rate))

/** How many events were judged each second of the last minutes. */
export const RatePanel = memo(function RatePanel({ rate }: { readonly rate: readonly RatePoint[] }) {
  const now = rateOf(rate, meanSeconds)
  const peak = Math.max(0, ...rate.map(({ events }) => events ?? 0))
  const spans = spansOf(rate, spanSeconds)
  const summary = `Events per second during the last three minutes: ${describe(now)} now, ${formatNumber(peak)} at the most`
  return (
    <Panel
      area="rate"
      title="Events per second"
      action={
        <Typography variant="body2" color="textSecondary">
          peak {formatNumber(peak)} in the last 3 min
        </Typography>
      }
    >
      <Typography component="p" sx={{ fontSize: '2rem', fontWeight: 650, lineHeight: 1.1, fontVariantNumeric: 'tabular-nums' }}>
        {now === undefined ? '–' : formatNumber(now)}
      </Typography>
      <ChartFigure summary={summary} columns={['Fifteen seconds from', 'Events per second']} rows={spans.map((span) => [formatTime(new Date(span.atMs).toISOString()), describe(span.rate)])}>
        <LineChart
          height={160}
          margin={{ left: 0, right: 24, top: 12, bottom: 0 }}
          skipAnimation
          disableKeyboardNavigation
          hideLegend
          xAxis={[{ data: rate.map(({ atMs }) => new Date(atMs)), scaleType: 'time', height: 24, tickNumber: 4, disableLine: true, valueFormatter: (time: Date) => time.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' }) }]}
          yAxis={[{ min: 0, max: Math.max(5, peak), width: 44, tickNumber: 3, disableLine: true, disableTicks: true, valueFormatter: (value: number) => formatNumber(value) }]}
          series={[{ data: rate.map(({ events }) => events), area: true, showMark: false, curve: 'linear', color: 'var(--chart-calm)', label: 'events' }]}
          grid={{ horizontal: true }}
          sx={{ '& .MuiAreaElement-root': { fillOpacity: 0.18 }, '& .MuiLineElement-root': { strokeWidth: 2 } }}
        />
      </ChartFigure>
    </Panel>
  )
})
