import express, { Router } from 'express'

const decisionQuery = `query Decision($id: ID!) {
  event(id: $id) {
    id
    outcome
    findings { rule citation severity }
    risk { score factors { name contribution } }
    violations { id status severity alerts { id status } }
  }
}
`

/**
 * The Altair GraphQL client, from its package alone, so that it works without the internet. For development: the
 * service has it only when told to, and the public routes have no address for it.
 */
export async function openExplorer(): Promise<Router> {
  // Loaded only where it is wanted.
  const { getDistDirectory, renderAltair } = await import('altair-static')
  const page = renderAltair({
    baseURL: '/explorer/',
    endpointURL: '/graphql',
    initialQuery: decisionQuery,
    initialVariables: '{ "id": "tour-1" }',
    initialHeaders: { 'x-api-key': '' },
  })
  const router = Router()
  router.get('/', (_request, response) => void response.type('html').send(page))
  router.use(express.static(getDistDirectory(), { index: false }))
  return router
}
