import type { ExternalSecrets } from './rules/references.ts'

/** The secrets and their keys in the table of the chart's README whose head begins with `secret`. */
export function documentedSecrets(markdown: string): ExternalSecrets {
  const table = /^\| secret \|.*\n\|[-| ]+\n((?:\|.*\n)+)/m.exec(markdown)?.[1] ?? ''
  const namesIn = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
  return Object.fromEntries(
    table.split('\n').flatMap((row) => {
      const [, secrets, keys] = row.split('|')
      return namesIn(secrets).map((secret) => [secret, namesIn(keys)] as const)
    }),
  )
}
