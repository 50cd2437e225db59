import Typography from '@mui/material/Typography'
import { BarChart } from '@mui/x-charts/BarChart'
import type { Attention } from '../data/shapes.ts'
import { ChartFigure } from '../look/chart-figure.tsx'
import { formatFactor, formatTime } from '../look/format.ts'

const featuresNamed = 3

/** Where the model of event sequences looks among a viewer's latest events, beside what it relies on: the one isn't the other. */
export function AttentionChart({ attention: { modelVersion, risk, events, importance, note } }: { readonly attention: Attention }) {
  const named = events.map(({ at, kind, rollout }, place) => ({ name: `${place + 1}. ${formatTime(at)}, ${formatFactor(kind)}`, rollout }))
  const most = named.reduce((first, second) => (second.rollout > first.rollout ? second : first))
  const reliedOn = importance.slice(0, featuresNamed).filter(({ mean }) => mean > 0)
  return (
    <>
      <Typography variant="body2">
        {modelVersion} says <strong>{risk.toFixed(2)}</strong> of the viewer’s latest {events.length} events. {note}
      </Typography>
      <ChartFigure
        summary={`Attention to the latest ${events.length} events, most of it to ${most.name}`}
        columns={['Event', 'Share of attention']}
        rows={named.map(({ name, rollout }) => [name, rollout.toFixed(3)])}
      >
        <BarChart
          height={120}
          margin={{ left: 0, right: 12, top: 4, bottom: 0 }}
          skipAnimation
          disableKeyboardNavigation
          hideLegend
          xAxis={[{ data: named.map((_, place) => place + 1), scaleType: 'band', height: 24, disableLine: true, disableTicks: true }]}
          yAxis={[{ min: 0, width: 44, tickNumber: 3, disableLine: true, disableTicks: true }]}
          series={[{ data: named.map(({ rollout }) => rollout), color: 'var(--chart-calm)', label: 'attention' }]}
          grid={{ horizontal: true }}
        />
      </ChartFigure>
      <Typography variant="body2" color="textSecondary">
        {reliedOn.length === 0 ? 'In training no feature by itself made a difference.' : `In training it relied on ${reliedOn.map(({ feature }) => formatFactor(feature)).join(', ')}, in this order.`}
      </Typography>
    </>
  )
}
