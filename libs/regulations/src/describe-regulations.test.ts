import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { describeRegulations } from './describe-regulations.ts'
import { loadPacks } from './load-packs.ts'

const packs = await loadPacks()
const page = describeRegulations(packs)

test('the page tells of every rule what it cites and where that can be read', () => {
  for (const { id, citation, source } of packs.flatMap(({ rules }) => rules)) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${id}\` |`))
    expect(row).toContain(`[${citation.replaceAll('|', '\\|')}](${source})`)
  }
})

test('every link to a framework leads to its heading', () => {
  const anchors = new Set([...page.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')))
  const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor = '']) => anchor)
  expect(links).toHaveLength(packs.length)
  expect(links.filter((anchor) => !anchors.has(anchor))).toEqual([])
})

test('the README counts rightly', async () => {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`${packs.flatMap(({ rules }) => rules).length} rules of ${packs.length} frameworks`)
})
