import { StartError } from '@ott/dev-env/start-error'

export async function evaluateAttention(_options: { readonly folder: string }): Promise<object> {
  throw new StartError('not there yet')
}
