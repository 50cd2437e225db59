import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.ts'

const releaseMin = 17

/** The major release in the output of `java -version`; `1.8.0_402` is 8. */
export function javaReleaseIn(output: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(output) ?? []
  return first === undefined ? undefined : Number(first === '1' ? second : first)
}

/** The Java to use, that of JAVA_HOME first, or what is missing in a few words. */
export async function findJava(): Promise<{ readonly command: string } | { readonly missing: string }> {
  const home = process.env['JAVA_HOME']
  const ofHome = home === undefined ? undefined : join(home, 'bin', 'java')
  const command = ofHome !== undefined && existsSync(ofHome) ? ofHome : 'java'
  const { code, stderr, stdout } = await runCommand(command, ['-version'], { timeoutMs: 20_000 })
  const release = javaReleaseIn(stderr + stdout)
  if (code !== 0 || release === undefined) return { missing: `no JDK ${releaseMin} or newer was found` }
  if (release < releaseMin) return { missing: `the JDK is of release ${release}, and ${releaseMin} is needed` }
  return { command }
}
