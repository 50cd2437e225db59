import { expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadPacks } from './load-packs.ts'
import { aPackText } from './pack-fixture.ts'
import { parseRegulationPack, RegulationPackError, type PackProblem } from './regulation-pack.ts'

function problemsOf(text: string): readonly PackProblem[] {
  try {
    parseRegulationPack(text, 'test.yaml')
  } catch (error) {
    if (error instanceof RegulationPackError) return error.problems
    throw error
  }
  return []
}

test('a valid pack is read without problems', () => {
  expect(problemsOf(aPackText())).toEqual([])
})

const twoFiring = [1, 2].map((n) => ({ name: `yes ${n}`, fires: true, data: {} }))
const twoQuiet = [1, 2].map((n) => ({ name: `no ${n}`, fires: false, data: {} }))

test.each([
  ['severity', { severity: 'grave' }],
  ['citation', { citation: undefined }],
  ['source', { source: 'eur-lex' }],
  ['source', { source: 'javascript:alert(1)' }],
  ['when', { when: '' }],
  ['wehn', { wehn: 'true' }],
  ['eventTypes.0', { eventTypes: ['com.ott.ad.impresion.v1'] }],
  ['jurisdictions.0', { jurisdictions: ['Germany'] }],
  ['jurisdictions', { jurisdictions: 'everywhere' }],
  ['jurisdictions', { jurisdictions: [] }],
  ['evidence.0', { evidence: ['event.data.purpose'] }],
  ['examples', { examples: twoFiring }],
  ['examples', { examples: [...twoQuiet, ...twoFiring.slice(1)] }],
  ['examples.0.fires', { examples: [{ name: 'x', fires: 'yes', data: {} }, ...twoFiring, ...twoQuiet] }],
  ['examples.4.name', { examples: [...twoFiring, ...twoQuiet, ...twoQuiet.slice(0, 1)] }],
  ['examples.0.type', { examples: [{ ...twoFiring[0], type: 'com.ott.playback.started.v1' }, ...twoFiring.slice(1), ...twoQuiet] }],
  ['examples.0.time', { examples: [{ ...twoFiring[0], time: 'noon' }, ...twoFiring.slice(1), ...twoQuiet] }],
])('a fault in %s is reported with its file, rule and field: %j', (field, overrides) => {
  const problems = problemsOf(aPackText([{ id: 'test.good' }, { id: 'test.bad', ...overrides }]))
  expect(problems).toContainEqual({ file: 'test.yaml', rule: 'test.bad', field, problem: expect.any(String) })
  expect(problems.filter(({ rule }) => rule === 'test.good')).toEqual([])
})

test('a rule without an id is named by its place', () => {
  expect(problemsOf(aPackText([{}, { id: undefined }]))).toMatchObject([{ rule: 'rules[1]', field: 'id' }])
})

test('a rule whose id belongs to another regulation is refused', () => {
  expect(problemsOf(aPackText([{ id: 'gdpr.rule' }]))).toMatchObject([{ rule: 'gdpr.rule', field: 'id' }])
})

test('faults of the pack itself are reported with file and field', () => {
  expect(problemsOf(aPackText([{}], { name: undefined, regulation: 'Test' }))).toMatchObject([
    { file: 'test.yaml', field: 'regulation' },
    { file: 'test.yaml', field: 'name' },
  ])
  expect(problemsOf('')).toMatchObject([{ file: 'test.yaml', field: '(all)' }])
})

test('all faults are reported together, a line each', () => {
  const text = aPackText([{ severity: 'grave' }, { id: 'test.other', citation: '' }])
  const lines = /^test\.yaml: rule test\.rule: severity: .+\ntest\.yaml: rule test\.other: citation: .+$/
  expect(() => parseRegulationPack(text, 'test.yaml')).toThrow(lines)
})

test('text that is not YAML is reported with file, line and column', () => {
  const [problem] = problemsOf('regulation: test\nname: "Test\nrules: []')
  expect(problem).toMatchObject({ file: 'test.yaml', field: expect.stringMatching(/^line 3, column \d+$/) })
  expect(problemsOf('name: a\nname: b')).toMatchObject([{ field: 'line 2, column 1' }])
})

test('the country code of Norway stays a country code', () => {
  const text = `${aPackText([{}], { jurisdictions: undefined })}jurisdictions: [NO]\n`
  expect(parseRegulationPack(text, 'test.yaml').jurisdictions).toEqual(['NO'])
})

test('a folder is read in the order of file names, and the faults of all its files are reported together', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packs-'))
  const url = pathToFileURL(`${folder}/`)
  try {
    await writeFile(join(folder, 'b.yaml'), aPackText())
    await writeFile(join(folder, 'a.yaml'), aPackText())
    await writeFile(join(folder, 'notes.txt'), 'no pack')
    expect((await loadPacks(url)).map(({ file }) => file)).toEqual(['a.yaml', 'b.yaml'])

    await writeFile(join(folder, 'a.yaml'), 'name: A')
    await writeFile(join(folder, 'b.yaml'), aPackText([{ severity: 'grave' }]))
    await expect(loadPacks(url)).rejects.toThrow(/a\.yaml: regulation: [^]*b\.yaml: rule test\.rule: severity: /)
  } finally {
    await rm(folder, { recursive: true })
  }
})
