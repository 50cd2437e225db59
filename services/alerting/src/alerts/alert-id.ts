import type { Labels } from '@ott/alert-routing/alert'
import { derivedId } from '@ott/contracts/derived-id'

/** An alert that no violation raised is what its labels are, as in Alertmanager: told again with the same labels, it is the same. */
export function alertIdOfLabels(labels: Labels): string {
  const named = Object.entries(labels).filter(([, value]) => value !== '')
  return derivedId(JSON.stringify(named.sort(([a], [b]) => (a < b ? -1 : 1))), 'labels')
}
