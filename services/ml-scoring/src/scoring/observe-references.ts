import { Gauge, type Registry } from '@ott/telemetry/metrics'

export function observeReferences(registry: Registry): { onRenewed(tenantId: string, share: number): void } {
  const share = new Gauge({
    name: 'ott_model_reference_renewed_share',
    help: "Share of what a tenant's champion compares viewers with that came since it was trained, in the partition where rows came last.",
    labelNames: ['tenant'],
    registers: [registry],
  })
  return { onRenewed: (tenant, value) => share.set({ tenant }, value) }
}
