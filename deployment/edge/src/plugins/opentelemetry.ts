import { z } from 'zod'

/**
 * Kong's opentelemetry. The edge joins traces by the instrumentation it is started with, when OTEL_EXPORTER_OTLP_ENDPOINT
 * is set, and passes `traceparent` on unchanged otherwise. So this says only what the edge takes from kong.yml: nothing,
 * as long as it means the same: every trace, W3C headers, and an endpoint from the environment.
 */
export const opentelemetry = z.strictObject({
  name: z.literal('opentelemetry'),
  config: z.strictObject({
    traces_endpoint: z
      .string()
      .regex(/^\{vault:\/\/env\/[a-z0-9-]+\}$/, 'must be a reference to the environment: the edge does not support an endpoint of its own'),
    sampling_rate: z.literal(1, { error: 'must be 1: the edge does not support sampling' }),
    propagation: z.strictObject({
      extract: z.tuple([z.literal('w3c')]),
      inject: z.tuple([z.literal('w3c')]),
      default_format: z.literal('w3c'),
    }, { error: 'must be w3c throughout: the edge does not support other headers' }),
    resource_attributes: z.record(z.string(), z.string()).optional(),
  }),
})
