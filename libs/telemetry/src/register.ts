/**
 * Switches tracing on before anything else is loaded: `node --import=@ott/telemetry/register …`. Without an OTLP endpoint it
 * does nothing, loads nothing and costs nothing. See README.md for what is traced.
 */
const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } = process.env
if (OTEL_EXPORTER_OTLP_ENDPOINT || OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) {
  const { startTracing } = await import('./start-tracing.ts')
  startTracing(process.env, process.argv[1])
}
