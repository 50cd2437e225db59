import { readFileSync, writeFileSync } from 'node:fs'
import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'

/**
 * Composes the services' subgraphs into `supergraph.graphql`, which the router runs; with `--check` says whether it is out of date.
 * Usage: `node services/router/src/generate-supergraph.ts [--check]`
 */
const supergraphFile = new URL('../supergraph.graphql', import.meta.url)

/** Where each subgraph is in Compose and Kubernetes; a setting of the router says otherwise. */
const subgraphs = { violation: 8104, compliance: 8102, 'ml-scoring': 8103, alerting: 8105, tenant: 8106 } as const

function compose(): string {
  const { errors, supergraphSdl } = composeServices(
    Object.entries(subgraphs).map(([name, port]) => ({
      name,
      url: `http://${name}:${port}/graphql`,
      typeDefs: parse(readFileSync(new URL(`../../${name}/src/subgraph/schema.graphql`, import.meta.url), 'utf8')),
    })),
  )
  if (supergraphSdl === undefined) throw new Error(`the subgraphs don't fit together:\n${errors?.map(({ message }) => message).join('\n')}`)
  return `# Made from the services' src/subgraph/schema.graphql by: npm run generate\n${supergraphSdl}`
}

function committed(): string {
  try {
    return readFileSync(supergraphFile, 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return ''
  }
}

try {
  const composed = compose()
  const drifted = composed !== committed()
  if (process.argv.includes('--check')) {
    if (drifted) process.stderr.write('services/router/supergraph.graphql differs from the subgraphs\nrun: npm run generate\n')
    process.exitCode = drifted ? 1 : 0
  } else {
    if (drifted) writeFileSync(supergraphFile, composed)
    process.stdout.write(`supergraph of ${Object.keys(subgraphs).length} subgraphs, ${drifted ? 'changed' : 'unchanged'}\n`)
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
