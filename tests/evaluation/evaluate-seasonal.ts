import { StartError } from '@ott/dev-env/start-error'

export async function evaluateSeasonal(_options: { readonly folder: string; readonly tuneFolder: string | undefined }): Promise<object> {
  throw new StartError('not there yet')
}
