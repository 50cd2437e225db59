export interface JsonCall {
  readonly method: string
  readonly path: string
  /** Text goes as it is, anything else as JSON; undefined: none. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface JsonAnswer {
  readonly status: number
  readonly headers: Headers
  /** `{}` for an answer without one. */
  readonly body: unknown
}

/** Calls an address of a served app and reads its JSON. For tests. */
export async function callForTest(url: string, { method, path, body, headers = {} }: JsonCall): Promise<JsonAnswer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: JSON.parse(text === '' ? '{}' : text) }
}
