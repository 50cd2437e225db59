import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { queryText } from '@ott/http/query-text'
import type { Express } from 'express'
import { findRules, shownRegulation, shownRule, type Regulations } from './regulations.ts'

export interface RegulationRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly regulations: Regulations
}

/** `/v1/regulations` and `/v1/rules`: the packs that come with the product, the same for every tenant. */
export function addRegulationRoutes(app: Express, { directory, regulations }: RegulationRoutesOptions): void {
  const authenticated = authenticate(directory)
  app.get('/v1/regulations', authenticated, (_request, response) => {
    response.json({ items: [...regulations.values()].map((pack) => shownRegulation(pack)) })
  })
  app.get('/v1/regulations/:id', authenticated, (request, response) => {
    const pack = regulations.get(String(request.params['id']))
    if (pack === undefined) throw new Problem(404, 'not-found', 'there is no regulation of this id')
    response.json({ ...shownRegulation(pack), items: pack.rules.map((rule) => shownRule(rule, pack)) })
  })
  app.get('/v1/rules', authenticated, (request, response) => {
    const filter = { regulation: queryText(request, 'regulation'), eventType: queryText(request, 'eventType'), country: queryText(request, 'country') }
    response.json({ items: findRules(regulations, filter) })
  })
  app.get('/v1/rules/:id', authenticated, (request, response) => {
    const [rule] = findRules(regulations, { id: String(request.params['id']) })
    if (rule === undefined) throw new Problem(404, 'not-found', 'there is no rule of this id in the packs of the product')
    response.json(rule)
  })
}
