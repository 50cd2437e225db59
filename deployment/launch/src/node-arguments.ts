/**
 * What Node is given before a program's file, wherever the program runs: beside `npm start` and in a container alike.
 * @param environment the program's own
 * @param canTrace whether the packages that trace are installed with the program
 */
export function nodeArguments(environment: Readonly<Record<string, string | undefined>>, canTrace = true): string[] {
  return [
    // A batch outlives a small nursery, and what is promoted is collected from the old space later, tens of ms at a time.
    // That may go on beside the work; threads that share a nursery's collection would wait for each other on few processors.
    '--min-semi-space-size=64',
    '--max-semi-space-size=64',
    '--no-parallel-scavenge',
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=TimeoutNegativeWarning',
    ...(canTrace ? tracing(environment) : []),
  ]
}

/** Without a collector to send to, tracing stays off and costs nothing. */
function tracing(environment: Readonly<Record<string, string | undefined>>): string[] {
  if (!environment['OTEL_EXPORTER_OTLP_ENDPOINT']) return []
  return ['--experimental-loader=@opentelemetry/instrumentation/hook.mjs', '--import=@opentelemetry/auto-instrumentations-node/register']
}
