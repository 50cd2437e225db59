import type { ArtefactStore } from './artefact-store.ts'
import { openFileArtefactStore } from './file-artefact-store.ts'
import { openS3ArtefactStore } from './s3-artefact-store.ts'

/** Where artefacts are, as the service's settings say it. */
export interface ModelStoreSettings {
  readonly MODEL_STORE: string
  readonly MODEL_STORE_ENDPOINT?: string | undefined
  readonly MODEL_STORE_REGION: string
  readonly MODEL_STORE_ACCESS_KEY_ID?: string | undefined
  readonly MODEL_STORE_SECRET_ACCESS_KEY?: string | undefined
}

/** `file:FOLDER`, or `s3://BUCKET` with an optional prefix behind it. */
export const modelStorePattern = /^(?:file:(?<folder>[^\0]{1,1024})|s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>\w[\w-]*(?:\/\w[\w-]*){0,7}))?\/?)$/

/** Opens the store that the settings name; nothing is asked of it before it is used. Throws one sentence that names the setting and no secret. */
export function openArtefactStore(settings: ModelStoreSettings): ArtefactStore {
  const { folder, bucket, prefix = '' } = modelStorePattern.exec(settings.MODEL_STORE)?.groups ?? {}
  if (folder !== undefined) return openFileArtefactStore(folder)
  if (bucket === undefined) throw new Error('MODEL_STORE: must be file:FOLDER or s3://BUCKET/PREFIX')
  const { MODEL_STORE_REGION: region, MODEL_STORE_ACCESS_KEY_ID: accessKeyId, MODEL_STORE_SECRET_ACCESS_KEY: secretAccessKey } = settings
  if (accessKeyId === undefined || secretAccessKey === undefined) throw new Error('MODEL_STORE_ACCESS_KEY_ID, MODEL_STORE_SECRET_ACCESS_KEY: must be set for a bucket')
  return openS3ArtefactStore({ endpoint: settings.MODEL_STORE_ENDPOINT ?? `https://s3.${region}.amazonaws.com`, region, bucket, prefix, accessKeyId, secretAccessKey })
}
