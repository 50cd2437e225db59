/**
 * Things that were started and must be stopped, in reverse order. When a start fails half-way, what had started is
 * stopped again before the error goes on.
 */
export async function withScope<T>(start: (scope: AsyncDisposableStack) => Promise<T>): Promise<{ value: T; stop(): Promise<void> }> {
  const scope = new AsyncDisposableStack()
  try {
    const value = await start(scope)
    return { value, stop: () => scope.disposeAsync() }
  } catch (error) {
    await scope.disposeAsync().catch(() => undefined)
    throw error
  }
}
