import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pidFileOf } from '@ott/dev-env/data-folder'
import { startProcess } from '@ott/dev-env/started-process'
import type { StartedProcess } from '@ott/dev-env/started-process'
import { nodeArguments } from '@ott/launch/node-arguments'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const leaveWithLauncher = new URL('./leave-with-launcher.ts', import.meta.url).href

export interface Program {
  readonly name: string
  /** TypeScript file, relative to the root of the project. */
  readonly file: string
  readonly env: Readonly<Record<string, string>>
}

/** Where a program's output goes. */
export function logFileOf(dataDir: string, name: string): string {
  return join(dataDir, 'logs', `${name}.log`)
}

/** Runs a TypeScript program of this project as a child that ends when this process does. */
export function startProgram(dataDir: string, { name, file, env }: Program): Promise<StartedProcess> {
  return startProcess({
    command: process.execPath,
    args: [...nodeArguments(), `--import=${leaveWithLauncher}`, file],
    cwd: root,
    env: { OTEL_SERVICE_NAME: name, ...environmentFor(env) },
    logFile: logFileOf(dataDir, name),
    pidFile: pidFileOf(dataDir, name),
    channel: true,
  })
}

/** DATABASE_URL is the administrator's, and no service may be that; the name is the program's own. */
const withheld = new Set(['DATABASE_URL', 'OTEL_SERVICE_NAME'])

/** What the launcher was given reaches its programs, except what is withheld and what npm adds. */
function environmentFor(own: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_') && !withheld.has(name))
  return { ...Object.fromEntries(inherited), ...own }
}
