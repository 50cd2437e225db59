import { apache } from './apache.ts'
import type { ConnectorFactory } from './connector.ts'
import { csv } from './csv.ts'
import { jsonl } from './jsonl.ts'
import { sshd } from './sshd.ts'

/** Every format that can be replayed. A new one is a file beside this one and a line here. */
export const connectors = { apache, sshd, jsonl, csv } as const satisfies Record<string, ConnectorFactory>

export type Format = keyof typeof connectors

export function isFormat(name: string): name is Format {
  return Object.hasOwn(connectors, name)
}
