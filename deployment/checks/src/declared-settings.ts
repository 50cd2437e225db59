import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const declared = /^ {2,4}([A-Z][A-Z0-9_]+): /gm

/** The settings that each service reads: the standard ones and its own, as its source declares them. */
export function declaredSettings(root: string): Map<string, Set<string>> {
  const settingsIn = (file: string) => [...readFileSync(join(root, file), 'utf8').matchAll(declared)].map(([, name = '']) => name)
  const standard = settingsIn('libs/service/src/settings.ts')
  const services = readdirSync(join(root, 'services'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return new Map(
    services.map(({ name }) => {
      const own = readdirSync(join(root, 'services', name, 'src')).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      return [name, new Set([...standard, ...own.flatMap((file) => settingsIn(`services/${name}/src/${file}`))])]
    }),
  )
}
