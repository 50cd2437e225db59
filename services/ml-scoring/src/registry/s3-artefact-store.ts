import { setTimeout as delay } from 'node:timers/promises'
import { TransientError } from '@ott/pipeline/errors'
import { AwsClient } from 'aws4fetch'
import { addressOf, ArtefactError, artefactBytesMax, placeOf, verified, type ArtefactAddress, type ArtefactStore } from './artefact-store.ts'

/** A bucket of Amazon S3 or of what speaks its protocol. */
export interface S3Settings {
  /** Such as https://s3.eu-central-1.amazonaws.com; addresses are path-style, which every such server takes. */
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  /** Before every key; empty for none. */
  readonly prefix: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Per try. */
  readonly timeoutMs?: number
  readonly triesMax?: number
  /** Before the second try; doubles from try to try. */
  readonly backoffMs?: number
}

/**
 * Artefacts as objects of a bucket. Requests are signed (Signature Version 4) over the hash of their body, so a server refuses bytes that
 * changed on the way. What fails for now is tried again a few times, then told as transient.
 */
export function openS3ArtefactStore(settings: S3Settings): ArtefactStore {
  const { endpoint, region, bucket, prefix, accessKeyId, secretAccessKey, timeoutMs = 10_000, triesMax = 3, backoffMs = 200 } = settings
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 0 })
  const urlOf = (tenantId: string, sha256: string) => [endpoint.replace(/\/+$/, ''), bucket, ...(prefix === '' ? [] : [prefix]), placeOf(tenantId, sha256)].join('/')

  /** Does one request, tried again while it fails for now. `read` sees the body within the time of its try. */
  const ask = async <Answer>(url: string, init: RequestInit, read: (response: Response) => Promise<Answer>): Promise<Answer> => {
    for (let tries = 1; ; tries++) {
      try {
        const signal = AbortSignal.timeout(timeoutMs)
        const response = await client.fetch(url, { ...init, signal, redirect: 'error' })
        if (response.status === 429 || response.status >= 500) {
          await response.body?.cancel()
          throw new TransientError(`the store answered ${response.status}`)
        }
        return await read(response)
      } catch (error) {
        if (error instanceof ArtefactError) throw error
        if (tries >= triesMax) throw error instanceof TransientError ? error : new TransientError(`the store did not answer: ${reasonOf(error)}`)
        await delay(backoffMs * 2 ** (tries - 1))
      }
    }
  }

  return {
    async put(tenantId, bytes) {
      const address = addressOf(bytes)
      const headers = { 'content-type': 'application/octet-stream', 'x-amz-content-sha256': address.sha256 }
      await ask(urlOf(tenantId, address.sha256), { method: 'PUT', headers, body: Buffer.from(bytes) }, async (response) => {
        await response.body?.cancel()
        if (!response.ok) throw refused(response.status)
      })
      return address
    },
    async get(tenantId, address) {
      return ask(urlOf(tenantId, address.sha256), { method: 'GET' }, async (response) => {
        if (response.ok) return verified(await readBounded(response, address), address)
        await response.body?.cancel()
        if (response.status === 404) throw new ArtefactError('missing', `there is no artefact ${address.sha256}`)
        throw refused(response.status)
      })
    },
  }
}

/** Neither the address nor what the server says: either may hold what is secret. */
function refused(status: number): ArtefactError {
  return new ArtefactError('refused', `the store answered ${status}: bucket, region and keys must fit`)
}

/** Reads as many bytes as the address says, and not one more. */
async function readBounded(response: Response, { sha256, sizeBytes }: ArtefactAddress): Promise<Uint8Array> {
  const sizeMax = Math.min(sizeBytes, artefactBytesMax)
  const bytes = new Uint8Array(sizeMax)
  let read = 0
  for await (const chunk of response.body ?? []) {
    if (read + chunk.length > sizeMax) throw new ArtefactError(sizeBytes > artefactBytesMax ? 'too-large' : 'corrupt', `the artefact ${sha256} has more than ${sizeMax} bytes`)
    bytes.set(chunk, read)
    read += chunk.length
  }
  // A body that ends early without an error of the connection is what the store has.
  if (read !== sizeBytes) throw new ArtefactError('corrupt', `the artefact ${sha256} has ${read} bytes instead of ${sizeBytes}`)
  return bytes
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } }
  return cause?.code ?? name ?? 'unknown'
}
