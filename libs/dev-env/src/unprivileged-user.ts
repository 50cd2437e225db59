import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { runCommand } from './run-command.ts'
import { StartError } from './start-error.ts'

export interface User {
  readonly uid: number
  readonly gid: number
}

/** How to run programs that refuse to be root: as whom, and what to put before the command. */
export interface Unprivileged {
  /** Who owns the data; undefined when that is simply whoever runs this. */
  readonly owner?: User
  /** What the parent switches to when starting the program; undefined when `through` does it. */
  readonly user?: User
  /** Empty, or a command that takes the program and its arguments as its own last arguments. */
  readonly through: readonly string[]
}

export interface PathPermissions {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** Whether a user may walk through all of these folders. Group memberships other than the main one don't count. */
export function mayEnter(folders: readonly PathPermissions[], { uid, gid }: User): boolean {
  return folders.every(({ mode, ...owner }) => {
    if (owner.uid === uid) return (mode & 0o100) !== 0
    if (owner.gid === gid) return (mode & 0o010) !== 0
    return (mode & 0o001) !== 0
  })
}

/**
 * Decides how to run PostgreSQL, which refuses to be root: as the user itself unless that is root; as root, as the owner of the
 * data or as `postgres` or `nobody`. Where that user can't walk to a needed folder (a home folder of root, say), it keeps
 * the one capability that lets it through. Throws a StartError when nothing of that works.
 * @param folders that must be reachable, all existing
 * @param data the folder whose owner, when it exists, is the user to be
 */
export async function unprivileged(folders: readonly string[], data: string): Promise<Unprivileged> {
  if (process.getuid?.() !== 0) return { through: [] }
  const user = ownerOf(data) ?? userNamed('postgres') ?? userNamed('nobody')
  if (user === undefined) {
    throw new StartError('PostgreSQL refuses to run as root and there is no other user here: run this as an ordinary user')
  }
  const closed = folders.find((folder) => !mayEnter(ancestorsOf(folder).map((path) => statSync(path)), user))
  if (closed === undefined) return { owner: user, user, through: [] }
  const through = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
  const capable = [...through, '--inh-caps=+dac_override', '--ambient-caps=+dac_override']
  const [command, ...args] = capable as [string, ...string[]]
  if ((await runCommand(command, [...args, 'ls', closed], { timeoutMs: 5_000 })).code === 0) return { owner: user, through: capable }
  throw new StartError(
    `PostgreSQL refuses to run as root, and user ${user.uid} can't enter ${closed}: ` +
      'run this as an ordinary user or from a folder that all may enter',
  )
}

function ancestorsOf(folder: string): string[] {
  const parent = dirname(folder)
  return parent === folder ? [folder] : [...ancestorsOf(parent), folder]
}

function ownerOf(path: string): User | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined || stat.uid === 0 ? undefined : { uid: stat.uid, gid: stat.gid }
}

function userNamed(name: string): User | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}
