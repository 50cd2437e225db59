import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import { tenantConfigured, type TenantConfiguration } from '@ott/contracts/tenant-configured'
import { inboundTopicSpec } from '@ott/contracts/topics'
import type { Bus } from '@ott/pipeline/bus'

/**
 * Sends tenants' configurations to every service. Each tenant's inbound topic exists before its configuration is told,
 * so that who reads the configuration can read the topic.
 */
export async function publishConfigurations(bus: Bus, configurations: readonly TenantConfiguration[], partitions: number, atMs: number): Promise<void> {
  await bus.createTopics(configurations.map(({ tenantId }) => inboundTopicSpec(tenantId)), partitions)
  await bus.publish(
    configurations.map((configuration) => {
      const { tenantId } = configuration
      const event = buildEvent(tenantConfigured, {
        id: derivedId(tenantId, tenantConfigured.topic, JSON.stringify(configuration)),
        subject: tenantId,
        time: new Date(atMs).toISOString(),
        tenantid: tenantId,
        data: configuration,
      })
      return { topic: tenantConfigured.topic, key: recordKeyOf(event), value: JSON.stringify(event), headers: {} }
    }),
  )
}
