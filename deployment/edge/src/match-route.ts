import type { KongDeclaration, KongRoute, KongService } from './kong-declaration.ts'
import { compilePathRegex } from './portable-path-regex.ts'

/** One path of one route, ready to be tried. */
export interface RankedPath {
  readonly route: KongRoute
  readonly service: KongService
  /** As declared: a prefix, or a regex with its `~`. */
  readonly declared: string
  matches(path: string): boolean
}

/**
 * The paths of a declaration in the order in which Kong's traditional_compatible router prefers them: regexes before
 * prefixes; among regexes the higher `regex_priority`, among prefixes the longer. (Every route here has methods and paths
 * and nothing else, so the router's first criterion, how many kinds of rule a route has, is a draw.)
 * Where Kong's order is a draw it goes by route id, here by position; write routes that never draw, as `candidatesFor` can tell.
 */
export function rankRoutes(declaration: KongDeclaration): readonly RankedPath[] {
  return declaration.services
    .flatMap((service) => service.routes.flatMap((route) => route.paths.map((declared) => rankedPath(service, route, declared))))
    .sort(byPreference)
}

/**
 * The route that takes a request, or undefined: then the answer is 404, for a wrong method as well.
 * `path` is in normal form (request-path.ts).
 */
export function matchRoute(ranked: readonly RankedPath[], method: string, path: string): RankedPath | undefined {
  return ranked.find((candidate) => takes(candidate, method, path))
}

/** Every path that would take a request, best first. */
export function candidatesFor(ranked: readonly RankedPath[], method: string, path: string): readonly RankedPath[] {
  return ranked.filter((candidate) => takes(candidate, method, path))
}

function takes(candidate: RankedPath, method: string, path: string): boolean {
  return candidate.route.methods.includes(method) && candidate.matches(path)
}

function rankedPath(service: KongService, route: KongRoute, declared: string): RankedPath {
  if (!isRegex(declared)) return { route, service, declared, matches: (path) => path.startsWith(declared) }
  const regex = compilePathRegex(declared.slice(1))
  return { route, service, declared, matches: (path) => regex.test(path) }
}

function byPreference(a: RankedPath, b: RankedPath): number {
  const [regexA, regexB] = [isRegex(a.declared), isRegex(b.declared)]
  if (regexA !== regexB) return regexA ? -1 : 1
  return regexA ? b.route.regex_priority - a.route.regex_priority : b.declared.length - a.declared.length
}

function isRegex(declared: string): boolean {
  return declared.startsWith('~')
}
