import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { z } from 'zod'
import { isRecord } from './manifest.ts'
import type { DeclaredSettings } from './rules/settings.ts'

/** Settings of each service of the repository, from the schema in its src/service.ts, which is what reads them. */
export async function readDeclaredSettings(root: string): Promise<ReadonlyMap<string, DeclaredSettings>> {
  const services = readdirSync(join(root, 'services')).filter((name) => existsSync(join(root, 'services', name, 'src/service.ts')))
  return new Map(await Promise.all(services.map(async (name) => [name, await settingsOf(root, name)] as const)))
}

async function settingsOf(root: string, name: string): Promise<DeclaredSettings> {
  const file = join(root, 'services', name, 'src/service.ts')
  const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  const service = Object.values(exported).find((each) => isRecord(each) && each['name'] === name)
  const schema = isRecord(service) ? (service['settings'] as z.ZodObject | undefined) : undefined
  if (schema?.shape === undefined) throw new Error(`services/${name}/src/service.ts exports no service named ${name} with a schema of settings`)
  return declaredBy(schema)
}

/** The names that a schema reads, and what it says to values. */
export function declaredBy(schema: z.ZodObject): DeclaredSettings {
  return {
    names: new Set(Object.keys(schema.shape)),
    wrongIn: (environment) => schema.safeParse(environment).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [],
  }
}
