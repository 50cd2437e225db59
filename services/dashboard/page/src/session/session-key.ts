const item = 'ott-api-key'

/** The key lives as long as the tab: never in localStorage, a cookie or an address. */
export function readKey(): string | undefined {
  try {
    return sessionStorage.getItem(item) ?? undefined
  } catch {
    // Storage may be forbidden; then the key lives until the page is loaded anew.
    return undefined
  }
}

export function keepKey(apiKey: string): void {
  try {
    sessionStorage.setItem(item, apiKey)
  } catch {
    // As above.
  }
}

export function forgetKey(): void {
  try {
    sessionStorage.removeItem(item)
  } catch {
    // As above.
  }
}
