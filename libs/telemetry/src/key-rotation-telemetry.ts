import { Counter, type Registry } from './metrics.ts'

/** How often keys that encrypt personal data were replaced: 0 as long as there are none. */
export function countKeyRotations(registry: Registry): Counter {
  return new Counter({ name: 'ott_encryption_key_rotations_total', help: 'Keys for personal data that were replaced by new ones.', registers: [registry] })
}
