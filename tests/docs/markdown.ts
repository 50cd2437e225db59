import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** One document of the project. */
export interface Document {
  /** Relative to the root. */
  readonly path: string
  readonly text: string
  /** The text without code blocks. */
  readonly prose: string
}

const elsewhere = /(^|\/)(node_modules|\.data|\.nx|coverage|target|bench-results)(\/|$)/

/** Files of the project that match, relative to its root; what is installed or made by a run is none of them. */
export function projectFiles(pattern: string): string[] {
  return globSync(pattern, { cwd: root, exclude: (path) => elsewhere.test(path) })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
}

export function readDocument(path: string): Document {
  const text = readFileSync(join(root, path), 'utf8')
  return { path, text, prose: text.replace(/^ *```[^]*?^ *```/gm, '') }
}

/** Every Markdown file of the project. */
export function documents(): Document[] {
  return projectFiles('**/*.md').map(readDocument)
}

/** Where the document's relative links lead, as path from the root and heading. */
export function localLinks({ path, prose }: Document): { target: string; anchor: string | undefined }[] {
  return [...prose.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor] = link.split('#')
      return { target: file === '' ? path : relative(root, join(root, dirname(path), file)), anchor }
    })
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf({ prose }: Document): string[] {
  return [...prose.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').trim().replaceAll(' ', '-'),
  )
}

/** The blocks of code in a language. */
export function fences({ text }: Document, language: string): string[] {
  return [...text.matchAll(new RegExp(`^ *\`\`\`${language}\\n([^]*?)^ *\`\`\``, 'gm'))].map(([, code = '']) => code)
}

/** Names of settings in the first column of the tables whose head says `setting`. */
export function settingsIn({ text }: Document): string[] {
  const tables = text.matchAll(/^\| setting \|.*\n\|[-| ]+\n((?:\|.*\n)+)/gm)
  return [...tables].flatMap(([, rows = '']) =>
    rows.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name = '']) => name)),
  )
}
