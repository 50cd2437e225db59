import Typography from '@mui/material/Typography'
import { BarChart } from '@mui/x-charts/BarChart'
import type { Risk } from '../data/shapes.ts'
import { ChartFigure } from '../look/chart-figure.tsx'
import { formatFactor } from '../look/format.ts'

/** What a risk score is made of; null when that can't be asked just now. */
export function FactorChart({ risk }: { readonly risk: Risk | null }) {
  if (risk === null) return <Typography variant="body2">The service that scores can’t be asked just now.</Typography>
  const factors = [...risk.factors].sort((a, b) => b.contribution - a.contribution)
  const summary = `Risk score ${risk.score.toFixed(2)} by factors: ${factors.map(({ name, contribution }) => `${formatFactor(name)} ${contribution.toFixed(2)}`).join(', ')}`
  return (
    <>
      <Typography variant="body2">
        Score <strong>{risk.score.toFixed(2)}</strong> of 1, the sum of these contributions:
      </Typography>
      <ChartFigure summary={summary} columns={['Factor', 'Contribution']} rows={factors.map(({ name, contribution }) => [formatFactor(name), contribution.toFixed(3)])}>
        <BarChart
          layout="horizontal"
          height={196}
          margin={{ left: 0, right: 12, top: 4, bottom: 0 }}
          skipAnimation
          disableKeyboardNavigation
          hideLegend
          yAxis={[{ data: factors.map(({ name }) => formatFactor(name)), scaleType: 'band', width: 120, disableLine: true, disableTicks: true }]}
          xAxis={[{ min: 0, max: Math.max(0.1, risk.score), height: 24, tickNumber: 4, disableLine: true }]}
          series={[{ data: factors.map(({ contribution }) => contribution), color: 'var(--chart-calm)', label: 'contribution' }]}
          grid={{ vertical: true }}
        />
      </ChartFigure>
    </>
  )
}
