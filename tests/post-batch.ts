/** Where events are posted, and as whom. */
export interface Door {
  readonly url: string
  readonly apiKey: string
}

/** Posts a JSON array of CloudEvents, as a producer does. */
export function postBatch({ url, apiKey }: Door, body: string | Buffer<ArrayBuffer>, signal: AbortSignal | null = null): Promise<Response> {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/cloudevents-batch+json' }
  return fetch(`${url}/v1/events`, { method: 'POST', headers, body, signal })
}
