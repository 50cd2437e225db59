import { expect, test } from '@jest/globals'
import { conformanceCases } from '@ott/alert-routing/conformance/cases'
import { endOf, told } from '@ott/alert-routing/conformance/conformance-case'
import { differenceOf, runAgainstAlertmanager } from './run-against-alertmanager.ts'

const program = process.env.ALERTMANAGER_BIN

/** What a busy machine can keep to: ten seconds of a case are half a second. The case of four hours has room enough to go faster. */
const runs = [
  ['the cases of minutes', 20, (endS: number) => endS < 3_600],
  ['the cases of hours', 60, (endS: number) => endS >= 3_600],
] as const

if (program === undefined) {
  test.skip('NO ALERTMANAGER WAS ASKED (set ALERTMANAGER_BIN to its program): the table of cases was not held against a real one', () => undefined)
} else {
  test.each(runs)(
    'a real Alertmanager tells what the table says, but where a case says that we differ: %s',
    async (_, speed, isOfThese) => {
      const cases = conformanceCases.filter((one) => one.drivenOnly === undefined && isOfThese(endOf(one)))
      const received = await runAgainstAlertmanager(program, cases, speed)
      const differences = cases.flatMap((one) => {
        const difference = differenceOf(one.differs?.there ?? one.expected, received.get(one) ?? [])
        return difference === undefined ? [] : [`${one.name}: ${difference}`]
      })
      expect(differences).toEqual([])
    },
    400_000,
  )
}

test('what comes late, twice, in another order or not at all is a difference', () => {
  const expected = [told(30, 'team', 'a'), told(30, 'other', 'a'), told(90, 'team', 'a', 'b')]
  expect(differenceOf(expected, [told(31, 'other', 'a'), told(32, 'team', 'a'), told(95, 'team', 'a', 'b')])).toBeUndefined()
  expect(differenceOf(expected, expected.slice(0, 2))).toContain('came nothing')
  expect(differenceOf(expected, [...expected, told(150, 'team', 'a')])).toContain('nothing more')
  expect(differenceOf(expected, [told(30, 'team', 'a'), told(90, 'team', 'a', 'b'), told(91, 'other', 'a')])).toContain('at 30')
  expect(differenceOf([told(30, 'team', 'a')], [told(60, 'team', 'a')])).toContain('at 60')
})
