import type { DetectorEvaluation } from './evaluate-detector.ts'
import type { FederatedEvaluation } from './evaluate-federated.ts'
import type { SixFactorsEvaluation } from './evaluate-six-factors.ts'

/** What scikit-learn says of a set, as its file tells. */
export interface ReferenceFigures {
  readonly name: string
  readonly rows: number
  readonly dims: number
  readonly anomalies: number
  readonly if_auc_mean: number
  readonly if_auc_sd: number
  readonly lof_std_auc: number
}

export interface DetectorFigures {
  readonly reference: ReferenceFigures
  readonly iforest: DetectorEvaluation
  readonly lof: DetectorEvaluation
  readonly statistical: DetectorEvaluation
  readonly ensemble: DetectorEvaluation
}

export interface SeasonalScores {
  readonly pointAccuracy: number
  readonly auc: number
  readonly eventF1: number
  readonly falseEventsPerSeriesWeek: number
}

interface NabScores {
  readonly score: number
  readonly scoreAcrossGroups: number
  readonly windowsFound: number
  readonly windows: number
  readonly falseRows: number
}

/** What all evaluations came to. */
export interface ModelFigures {
  /** A date. */
  readonly measuredOn: string
  readonly detectors: readonly DetectorFigures[]
  /** On parts of one labelled set, the later with kinds of anomalies that the earlier hasn't. */
  readonly sixFactors: readonly SixFactorsEvaluation[]
  readonly seasonal: SeasonalScores & { readonly immediate: SeasonalScores; readonly seriesWithForecast: number; readonly baselines: { readonly allNormal: SeasonalScores; readonly hourOfWeek: SeasonalScores } }
  readonly nab: { readonly ottSeries: NabScores; readonly ottEwma: NabScores }
  readonly attention: { readonly auc: number; readonly importance: readonly number[] }
  readonly federated: FederatedEvaluation
}
