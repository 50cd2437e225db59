import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'

/** A file of the page, with what the build compressed it to. */
export interface PageFile {
  readonly plain: Buffer
  readonly br?: Buffer
  readonly gzip?: Buffer
}

export interface BuiltPage {
  /** index.html, with {@link noncePlaceholder} where the nonce of an answer goes. */
  readonly html: string
  /** All other files, by their address, such as `/assets/index-4f2a.js`. */
  readonly files: ReadonlyMap<string, PageFile>
}

/** What the build writes into index.html; see vite.config.mjs. */
export const noncePlaceholder = '__CSP_NONCE__'

/** Reads what `npm run build` wrote, once: it is small, and what isn't in it can't be asked for. */
export async function readBuiltPage(folder: string): Promise<BuiltPage> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const contents = new Map(await Promise.all(paths.map(async (path) => [addressOf(folder, path), await readFile(path)] as const)))
  const html = contents.get('/index.html')
  if (html === undefined) throw new Error('the page has not been built: run "npm run build -w @ott/dashboard"')
  const served = [...contents].filter(([address]) => isServed(address))
  return {
    html: html.toString('utf8'),
    files: new Map(served.map(([address, plain]) => [address, { plain, ...compressed(contents, address) }])),
  }
}

function addressOf(folder: string, path: string): string {
  return path.slice(folder.length).replaceAll(sep, '/')
}

/** Files at the top that begin with a dot are the build's own notes. */
function isServed(address: string): boolean {
  return address !== '/index.html' && !address.startsWith('/.') && !/\.(br|gz)$/.test(address)
}

function compressed(contents: ReadonlyMap<string, Buffer>, address: string): Omit<PageFile, 'plain'> {
  const [br, gzip] = [contents.get(`${address}.br`), contents.get(`${address}.gz`)]
  return { ...(br && { br }), ...(gzip && { gzip }) }
}
