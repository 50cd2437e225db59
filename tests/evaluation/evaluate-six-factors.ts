import { StartError } from '@ott/dev-env/start-error'

export async function evaluateSixFactors(_options: { readonly trainFile: string; readonly testFile: string }): Promise<object> {
  throw new StartError('not there yet')
}
