import { StartError } from '@ott/dev-env/start-error'

export async function evaluateNab(_options: { readonly folder: string; readonly outFolder: string }): Promise<object> {
  throw new StartError('not there yet')
}
