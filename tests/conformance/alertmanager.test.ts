import { expect, test } from '@jest/globals'
import { conformanceCases } from '@ott/alert-routing/conformance/cases'
import { told } from '@ott/alert-routing/conformance/conformance-case'
import { differenceOf, runAgainstAlertmanager } from './run-against-alertmanager.ts'

const program = process.env.ALERTMANAGER_BIN

/** A minute in a second: a group interval of 60 s is long enough for a busy machine, and the longest case, four hours, takes four minutes. */
const speed = 60

const cases = conformanceCases.filter(({ drivenOnly }) => drivenOnly === undefined)

if (program === undefined) {
  test.skip('NO ALERTMANAGER WAS ASKED (set ALERTMANAGER_BIN to its program): the table of cases was not held against a real one', () => undefined)
} else {
  test('a real Alertmanager tells what the table of cases says, but where a case says that we differ', async () => {
    const received = await runAgainstAlertmanager(program, cases, speed)
    const differences = cases.flatMap((one) => {
      const difference = differenceOf(one.differs?.there ?? one.expected, received.get(one) ?? [])
      return difference === undefined ? [] : [`${one.name}: ${difference}`]
    })
    expect(differences).toEqual([])
  }, 400_000)
}

test('what comes late, twice, in another order or not at all is a difference', () => {
  const expected = [told(30, 'team', 'a'), told(30, 'other', 'a'), told(90, 'team', 'a', 'b')]
  expect(differenceOf(expected, [told(31, 'other', 'a'), told(32, 'team', 'a'), told(95, 'team', 'a', 'b')])).toBeUndefined()
  expect(differenceOf(expected, expected.slice(0, 2))).toContain('came nothing')
  expect(differenceOf(expected, [...expected, told(150, 'team', 'a')])).toContain('nothing more')
  expect(differenceOf(expected, [told(30, 'team', 'a'), told(90, 'team', 'a', 'b'), told(91, 'other', 'a')])).toContain('at 30')
  expect(differenceOf([told(30, 'team', 'a')], [told(60, 'team', 'a')])).toContain('at 60')
})
