import type { AlertingConfiguration } from '@ott/alert-routing/configuration'
import { readConfiguration } from '@ott/alert-routing/read-configuration'

/** What holds for a tenant that has said nothing: alerts are kept, grouped by viewer, and nobody is told. */
export const defaultConfigurationText = `# Alertmanager's configuration language: https://prometheus.io/docs/alerting/latest/configuration/
route:
  receiver: nobody
  group_by: [subject]
receivers:
  - name: nobody
`

export function defaultConfiguration(): AlertingConfiguration {
  const read = readConfiguration(defaultConfigurationText)
  if (!read.ok) throw new Error(`the default configuration: ${read.problems[0]?.message ?? ''}`)
  return read.configuration
}
