import { StartError } from '@ott/dev-env/start-error'

export async function evaluateDetector(_options: { readonly detector: string; readonly file: string; readonly label: string; readonly standardise: boolean; readonly seeds: number }): Promise<object> {
  throw new StartError('not there yet')
}
