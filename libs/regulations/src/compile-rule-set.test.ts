import { describe, expect, test } from '@jest/globals'
import { compileRuleSet } from './compile-rule-set.ts'
import { aPack } from './pack-fixture.ts'
import { RegulationPackError, type PackProblem, type RegulationPack } from './regulation-pack.ts'

function problemsOf(...packs: RegulationPack[]): readonly PackProblem[] {
  try {
    compileRuleSet(packs)
  } catch (error) {
    if (error instanceof RegulationPackError) return error.problems
    throw error
  }
  return []
}

const shared = ['com.ott.viewing-history.shared.v1']
const bothUses = ['com.ott.personal-data.accessed.v1', 'com.ott.personal-data.exported.v1']
const ruleOf = (eventTypes: string[], when: string) => ({
  eventTypes,
  when,
  message: 'M',
  examples: ['a', 'b', 'c', 'd'].map((name, index) => ({ name, fires: index < 2, type: eventTypes[0], data: {} })),
})

describe('a condition', () => {
  test.each([
    ['with a syntax error', { when: 'event.data.personalised\n  && (true' }, 2, 11, /RPAREN/],
    ['that reads a misspelt field', { when: 'true &&\nevent.data.personalized' }, 2, 1, /no field data\.personalized/],
    ['that asks for a misspelt field', { when: 'has(event.data.gcp)' }, 1, 1, /no field data\.gcp/],
    ['that compares different types', { when: 'event.data.personalised\n&& event.data.campaignId > 3' }, 2, 4, /no such overload/],
    ['that uses an unknown name', { when: 'evnt.data.personalised' }, 1, 1, /Unknown variable/],
    ['that uses an unknown list', { when: 'event.data.campaignId in campaigns' }, 1, 26, /Unknown variable/],
    ['that calls an unknown function', { when: 'now() > instant(event.time)' }, 1, 1, /now\(\)/],
    ['that is no condition', { when: 'event.data.campaignId' }, 1, 1, /must be true or false/],
    ['that reads an optional field without asking', { when: '!event.data.gpc' }, 1, 2, /data\.gpc is optional/],
    ['that asks inside a field that may be absent', { when: '!has(event.data.consent.ads)' }, 1, 2, /data\.consent is optional/],
    ['that asks for a key of a map that may be absent', { when: '!("ads" in event.data.consent)' }, 1, 12, /data\.consent is optional/],
    ['that reads a map key without asking', { when: 'has(event.data.consent) && event.data.consent["ads"]' }, 1, 28, /consent\.ads is/],
    ['that reads a key called constructor', { when: 'has(event.data.consent) && has(event.data.consent.constructor)' }, 1, 28, /no field/],
    ['that uses regular expressions', { when: 'event.data.campaignId.matches("(a+)+$")' }, 1, 1, /matches\(\) is not available/],
    ['that goes through a list within a list', { when: 'words.all(a, words.exists(b, a == b))' }, 1, 14, /exists\(\) can not stand inside/],
    ['that means the whole event', { when: 'event == {}' }, 1, 1, /name the field/],
    ['that reads a field only one of its types has', ruleOf(bothUses, 'has(event.data.safeguards)'), 1, 1, /accessed\.v1 has no/],
  ])('%s is refused with file, rule, line and column', (_, rule, line, column, problem) => {
    const problems = problemsOf(aPack([{ id: 'test.good' }, { id: 'test.bad', ...rule }]))
    const field = `when, line ${line}, column ${column}`
    expect(problems[0]).toEqual({ file: 'test.yaml', rule: 'test.bad', field, line, column, problem: expect.stringMatching(problem) })
    expect(problems.filter(({ rule: id }) => id !== 'test.bad')).toEqual([])
  })

  test('longer than any rule need be is refused', () => {
    const when = Array.from({ length: 400 }, () => 'event.data.personalised').join(' && ')
    expect(problemsOf(aPack([{ when }]))).toMatchObject([{ rule: 'test.rule', problem: expect.stringContaining('maxAstNodes') }])
  })

  test('may ask for a list element, a nested field and a key of a map', () => {
    const conditions = [
      'has(event.data.titles) && "A film" in event.data.titles',
      'has(event.data.vppaConsent) && has(event.data.vppaConsent.givenAt)',
      'has(event.data.consent) && "a-b" in event.data.consent && event.data.consent["a-b"]',
    ]
    const rules = conditions.map((when, index) => ({ ...ruleOf(shared, when), id: `test.rule-${index}` }))
    expect(problemsOf(aPack(rules))).toEqual([])
  })
})

describe('a message', () => {
  test.each([
    ['{subject}', /linkable/],
    ['{data.contentId}', /sensitive/],
    ['{data.ip}', /linkable/],
    ['{data.minor}', /sensitive/],
    ['{data.location.latitude}', /sensitive/],
  ])('with the personal field %s is refused', (message, problem) => {
    expect(problemsOf(aPack([{ message }]))).toEqual([
      { file: 'test.yaml', rule: 'test.rule', field: 'message', problem: expect.stringMatching(problem) },
    ])
  })

  test.each([
    ['{data.campaign}', /no field/],
    ['{data.consent}', /no single value/],
    ['{data.campaignId', /brace/],
  ])('that can not be filled is refused: %s', (message, problem) => {
    expect(problemsOf(aPack([{ message }]))).toMatchObject([{ field: 'message', problem: expect.stringMatching(problem) }])
  })
})

test('evidence that no event can have is refused', () => {
  expect(problemsOf(aPack([{ evidence: ['data.campaignId', 'data.campaign'] }]))).toMatchObject([
    { rule: 'test.rule', field: 'evidence', problem: expect.stringContaining('data.campaign') },
  ])
})

test('two rules with one id are refused', () => {
  expect(problemsOf(aPack([{}, {}]))).toMatchObject([{ rule: 'test.rule', field: 'id' }])
})

test('a list named like something CEL has is refused', () => {
  expect(problemsOf(aPack([{}], { lists: { google: ['a'] } }))).toMatchObject([{ file: 'test.yaml', field: 'lists' }])
})

describe('the index', () => {
  const ruleSet = compileRuleSet([
    aPack([
      { id: 'test.de' },
      { id: 'test.everywhere', jurisdictions: 'worldwide' },
      { id: 'test.us', jurisdictions: ['US'] },
      { id: 'test.de-too' },
    ]),
  ])
  const idsFor = (country?: string) => ruleSet.for('com.ott.ad.impression.v1', country).map(({ id }) => id)

  test('gives a country its own and the worldwide rules, in the order of the pack', () => {
    expect(idsFor('DE')).toEqual(['test.de', 'test.everywhere', 'test.de-too'])
    expect(idsFor('US')).toEqual(['test.everywhere', 'test.us'])
  })

  test('gives an unknown country and none at all the worldwide rules only', () => {
    expect(idsFor('ZZ')).toEqual(['test.everywhere'])
    expect(idsFor()).toEqual(['test.everywhere'])
  })

  test('gives no rules for other event types', () => {
    expect(ruleSet.for('com.ott.playback.started.v1', 'DE')).toEqual([])
    expect(ruleSet.for('constructor', 'DE')).toEqual([])
  })
})

describe('the version', () => {
  const { version } = compileRuleSet([aPack()])

  test('is a name and 12 hex digits', () => {
    expect(version).toMatch(/^builtin-[0-9a-f]{12}$/)
    expect(compileRuleSet([aPack()], 'acme').version).toBe(version.replace('builtin', 'acme'))
  })

  test('repeats for the same rules, whatever the order of packs, the file names and the examples', () => {
    const other = aPack([{ id: 'other.rule' }], { regulation: 'other' })
    const both = compileRuleSet([aPack(), other]).version
    expect(compileRuleSet([other, aPack()]).version).toBe(both)
    expect(compileRuleSet([{ ...aPack(), file: 'renamed.yaml' }]).version).toBe(version)
    const [first] = aPack().rules
    const moreExamples = [...(first?.examples ?? []), { name: 'more', fires: true, data: {} }]
    expect(compileRuleSet([aPack([{ examples: moreExamples }])]).version).toBe(version)
  })

  test.each([{ when: 'false' }, { severity: 'high' }, { citation: 'Test § 2' }, { jurisdictions: ['FR'] }, { remediation: 'Go.' }])(
    'changes with what decides or explains: %j',
    (rule) => {
      expect(compileRuleSet([aPack([rule])]).version).not.toBe(version)
    },
  )

  test('changes with a list', () => {
    expect(compileRuleSet([aPack([{}], { lists: { words: ['a'] } })]).version).not.toBe(version)
  })
})
