import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'
import type { Finding, Sample } from './sample.ts'

/** Lints texts as if they stood in the files they name: samples as JSON on stdin, their findings on stdout. */
const cwd = fileURLToPath(new URL('../../', import.meta.url))
const typed = new ESLint({ cwd })
// A file that isn't there has no types to ask for; the rules that need none judge it all the same.
const untyped = new ESLint({ cwd, overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }] })

const findings: Finding[][] = []
for (const { file, exists, code } of JSON.parse(await text(process.stdin)) as Sample[]) {
  const [result] = await (exists ? typed : untyped).lintText(code, { filePath: file })
  findings.push((result?.messages ?? []).map(({ ruleId, message }) => ({ rule: ruleId ?? 'parser', message })))
}
process.stdout.write(JSON.stringify(findings))
